import { describeFigures, type Figures, noFigures } from './figures.js';
import type { Watch } from './machine.js';
import { afterTurn } from './scheduler.js';
import { simulate } from './simulate.js';

/** Of every so many seeds, one waits by turns of the event loop, so that Node reports unhandled rejections as they come. */
const BY_TURNS = 16;
/** Lines of a trace that are shown from its end. */
const SHOWN = 400;

/** Runs seeds one after another; throws at the first that breaks a promise, with its trace and how to see it again. */
export async function runSeeds(first: number, count: number): Promise<Figures> {
  const figures = noFigures();
  for (let seed = first; seed < first + count; seed++) {
    const violation = await judge(seed, figures);
    if (violation !== undefined) throw new Error(await report(seed, violation));
    await afterTurn();
  }
  return figures;
}

/** What happened in a seed, line by line, its end included. */
export async function traceOf(seed: number): Promise<string[]> {
  const trace: string[] = [];
  const violation = await judge(seed, noFigures(), (line) => trace.push(line));
  return [...trace, violation ?? 'all promises kept'];
}

/** A rejection that nobody handles is a broken promise too. */
async function judge(
  seed: number,
  figures: Figures,
  trace?: Watch['trace'],
): Promise<string | undefined> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const settle = seed % BY_TURNS === 0 ? afterTurn : undefined;
    const violation = await simulate(seed, figures, { trace, settle });
    await afterTurn();
    const [first] = unhandled;
    return violation ?? (first === undefined ? undefined : `unhandled rejection: ${textOf(first)}`);
  } catch (error) {
    return `the simulation failed: ${textOf(error)}`;
  } finally {
    process.off('unhandledRejection', note);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function report(seed: number, violation: string): Promise<string> {
  const trace = await traceOf(seed);
  const hidden = Math.max(0, trace.length - SHOWN);
  return [
    `seed ${seed} broke a promise: ${violation}`,
    `see it again: NUFLOW_SIM_SEED=${seed} npx vitest run test/simulation`,
    ...(hidden > 0 ? [`(${hidden} lines of the trace before)`] : []),
    ...trace.slice(hidden),
  ].join('\n');
}

/** Figures and how fast they came, for people. */
export function summary(figures: Figures, tookMs: number): string {
  const rate = Math.round((figures.seeds / tookMs) * 1_000);
  return `simulation: ${rate} seeds/s; ${describeFigures(figures)}`;
}
