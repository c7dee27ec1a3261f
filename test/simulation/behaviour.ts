import { Prng } from './prng.js';

/** How a process ends when nobody stops it. `vanishes`: without a result, as by the OOM killer. */
export type End = 'succeeds' | 'fails' | 'vanishes';

/** What the code of an attempt does. */
export interface Behaviour {
  /** From the start of the attempt to the process, ms; 0: within the call. */
  readonly spawnMs: number;
  /** It can't be started at all. */
  readonly cannotSpawn: boolean;
  /** From the start of the process to its end, ms. */
  readonly durationMs: number;
  readonly end: End;
  /** What it does when interrupted: ends so after some time, ms, or takes no notice. */
  readonly onInterrupt: { readonly afterMs: number; readonly end: End } | 'ignores';
  /** What it prints at its start. */
  readonly prints: string;
  /** Size of the output's padding, bytes. */
  readonly outputBytes: number;
}

/** After as many attempts any task succeeds, so that every run can end. */
const PATIENCE = 6;

/** What an attempt does (or its probe), whenever and in whichever life it runs. `name`: of whom, and who. */
export function behaviourOf(seed: number, name: string, attempt: number): Behaviour {
  const prng = new Prng(seed, hash(`${name}\n${attempt}`));
  const tame = attempt >= PATIENCE;
  return {
    spawnMs: prng.chance(0.5) ? 0 : prng.spread(1, 20),
    cannotSpawn: prng.chance(0.03) && !tame,
    durationMs: tame ? 1 : prng.spread(1, prng.chance(0.1) ? 20_000 : 500),
    end: tame ? 'succeeds' : endOf(prng, 0.8),
    onInterrupt: prng.chance(0.3)
      ? 'ignores'
      : { afterMs: prng.spread(1, 300), end: endOf(prng, 0.2) },
    prints: prng.chance(0.2) ? `${name} begins\n` : '',
    outputBytes: outputBytes(prng),
  };
}

function endOf(prng: Prng, success: number): End {
  if (prng.chance(success)) return 'succeeds';
  return prng.chance(0.8) ? 'fails' : 'vanishes';
}

/** Most outputs are small; some reach over sectors, few over a reader's buffer, and the biggest have files of their own. */
function outputBytes(prng: Prng): number {
  if (prng.chance(0.8)) return 0;
  if (prng.chance(0.99)) return prng.spread(10, 2_000);
  return prng.chance(0.8) ? prng.spread(2_000, 100_000) : prng.spread(250_000, 300_000);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) value = Math.imul(value ^ text.charCodeAt(n), 0x01000193);
  return value >>> 0;
}
