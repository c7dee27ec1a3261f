import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';

/** How long a fault test goes on. */
export interface Extent {
  readonly rounds: number;
  readonly minutes: number;
  /** When it ends although rounds are left, as performance.now(): with the minutes that the long form was given. */
  readonly until: number;
  /** Every choice of the test follows from it. */
  readonly seed: number;
  /** For vitest, ms. */
  readonly timeout: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A round of a test in CI takes far less; this is for machines that stand still for a while. */
const CI_TIMEOUT_MS = 10 * 60 * 1000;

/**
 * The extent of a part: what `npm test` runs, unless scripts/soak.mjs asks for the long form. A seed
 * given in NUFLOW_SOAK_SEED makes the choices of an earlier run again.
 */
export function extent(
  part: string,
  inCi: { readonly rounds?: number; readonly minutes?: number },
): Extent {
  const { env } = process;
  const long = env.NUFLOW_SOAK === part;
  const asked = (name: string, otherwise = 0): number =>
    Number((long ? env[`NUFLOW_SOAK_${name}`] : undefined) ?? otherwise);
  const minutes = asked('MINUTES', inCi.minutes);
  return {
    rounds: asked('ROUNDS', inCi.rounds),
    minutes,
    until: long && minutes > 0 ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY,
    seed: Number(env.NUFLOW_SOAK_SEED ?? randomInt(2 ** 31)),
    timeout: long ? DAY_MS : CI_TIMEOUT_MS,
  };
}

/** What a part found, by names. */
export type Figures = Readonly<Record<string, number | string>>;

/** Prints what a part found as one line: `soak kill: rounds 100, kills 212, seed 17`. */
export function report(part: string, figures: Figures, seed: number): void {
  const text = Object.entries({ ...figures, seed }).map(([name, value]) => `${name} ${value}`);
  // Past vitest, which would put it under a heading of its own, or lose it.
  writeSync(2, `soak ${part}: ${text.join(', ')}\n`);
}

/** As {@link report}, of a long form that goes on: once a minute, so that what it saw is known also when it is ended. */
export function progress(part: string, seed: number): (figures: Figures) => void {
  let told = performance.now();
  return (figures) => {
    if (process.env.NUFLOW_SOAK === undefined || performance.now() - told < 60_000) return;
    told = performance.now();
    report(`${part} so far`, figures, seed);
  };
}

/** Numbers in [0, 1) that follow from a seed: mulberry32, by Tommy Ettinger (public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs `round` for every number from 0, `atOnce` of them at a time, while there is time; stops at the first that
 * throws.
 */
export async function inRounds(
  {
    rounds,
    until = Number.POSITIVE_INFINITY,
  }: Pick<Extent, 'rounds'> & { readonly until?: number },
  atOnce: number,
  round: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < rounds && !failed && performance.now() < until)
      await round(next++).catch((error: unknown) => {
        failed = true;
        throw error;
      });
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const each of lanes) if (each.status === 'rejected') throw each.reason;
}
