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

/** The living processes in whose environment all of `texts` are. Zombies have ended. */
export function processesWith(...texts: readonly string[]): Found[] {
  const isWanted = (name: string): boolean => {
    const environment = read(`/proc/${name}/environ`);
    return texts.every((text) => environment.includes(text)) && lives(Number(name));
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isWanted(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }));
}

/** Whether the process lives; zombies don't. */
export function lives(pid: number): boolean {
  return startTime(pid) !== undefined;
}

/** When a living process began, in clock ticks after boot: with its pid, its name. */
export function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // proc(5): the name in parentheses may hold anything.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : fields[STARTTIME];
}

/** Field 22 of proc(5) stat, counted from field 4. */
const STARTTIME = 22 - 4;

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
