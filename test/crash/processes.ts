import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Why the tests that look for processes can't run here; undefined when they can. */
export const NO_PROC =
  process.platform === 'linux' ? undefined : 'needs /proc to see which processes are left';

/** A living process whose environment says what was looked for. */
export interface Found {
  readonly pid: number;
  readonly command: string;
}

/** The living processes in whose environment `text` is. Zombies have ended. */
export function processesWith(text: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(text))
    .filter((name) => !/\) [ZX] /.test(read(`/proc/${name}/stat`)))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }));
}

/** Waits until `look` finds nothing any more, or 10 s; gives what it then still finds. */
export async function leftOf<T>(look: () => readonly T[]): Promise<readonly T[]> {
  let found = look();
  for (let waited = 0; found.length > 0 && waited < WAIT_MS; waited += LOOK_MS) {
    await delay(LOOK_MS);
    found = look();
  }
  return found;
}

const WAIT_MS = 10_000;
const LOOK_MS = 20;

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).split('\0').join(' ').slice(0, 200);
}

/** Empty when the process ended meanwhile, or is someone else's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
