import type { Case, Contender } from './contender.js';

/** What a contender's samples say. */
export interface Measured {
  readonly name: string;
  /** Milliseconds. */
  readonly medianMs: number;
  /** Slowest less fastest, as a share of the median. */
  readonly spread: number;
  /** Units of the case a second, by the median. */
  readonly rate: number;
  /** The first contender's rate over this one's: 2 says that the first is twice as fast. */
  readonly ratio: number;
}

/** One that could not take part, and why. */
export interface Absent {
  readonly name: string;
  readonly why: string;
}

export interface Results {
  readonly measured: readonly Measured[];
  readonly absent: readonly Absent[];
}

/**
 * Samples a case's contenders in turn (a b c, a b c, …), so that a machine that drifts treats all alike.
 * One round before is not counted: it warms caches up.
 */
export async function measure(it: Case, rounds: number): Promise<Results> {
  const present: Contender[] = [];
  const absent: Absent[] = [];
  for (const contender of it.contenders) {
    const why = contender.unavailable?.();
    if (why === undefined) present.push(contender);
    else absent.push({ name: contender.name, why });
  }
  const samples = present.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, { sample }] of present.entries()) {
      const ms = await sample();
      if (round >= 0) samples[index]?.push(ms);
    }
  }
  const [reference = Number.NaN] = samples.map(median);
  const measured = present.map(({ name }, index) =>
    summed(name, samples[index] ?? [], it.size, reference),
  );
  return { measured, absent };
}

function summed(
  name: string,
  samples: readonly number[],
  size: number,
  reference: number,
): Measured {
  const medianMs = median(samples);
  return {
    name,
    medianMs,
    spread: (Math.max(...samples) - Math.min(...samples)) / medianMs,
    rate: (size * 1_000) / medianMs,
    ratio: medianMs / reference,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
