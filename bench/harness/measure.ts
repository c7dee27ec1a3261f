import type { Case } from './contender.js';

/** What a contender's samples say. */
export interface Measured {
  readonly name: string;
  /** Milliseconds. */
  readonly medianMs: number;
  /** Slowest less fastest, as a share of the median. */
  readonly spread: number;
  /** Units of the case a second, by the median. */
  readonly rate: number;
  /** This rate over the first contender's: 2 is twice as fast. */
  readonly ratio: number;
}

/**
 * Samples a case's contenders in turn (a b c, a b c, …), so that a machine that drifts treats all alike.
 * One round before is not counted: it warms caches up.
 */
export async function measure(
  { contenders, size }: Case,
  rounds: number,
): Promise<readonly Measured[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, { sample }] of contenders.entries()) {
      const ms = await sample();
      if (round >= 0) samples[index]?.push(ms);
    }
  }
  const medians = samples.map(median);
  const [reference = Number.NaN] = medians;
  return contenders.map(({ name }, index) => {
    const medianMs = medians[index] ?? Number.NaN;
    const mine = samples[index] ?? [];
    return {
      name,
      medianMs,
      spread: (Math.max(...mine) - Math.min(...mine)) / medianMs,
      rate: (size * 1_000) / medianMs,
      ratio: reference / medianMs,
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
