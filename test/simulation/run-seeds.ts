import { type Figures, noFigures } from './figures.js';
import type { Watch } from './machine.js';
import { afterTurn } from './scheduler.js';
import { simulate } from './simulate.js';

/** Of every so many seeds, one waits by turns of the event loop, so that Node reports unhandled rejections as they come. */
const BY_TURNS = 16;
/** Lines of a trace that are shown from its end. */
const SHOWN = 400;

/** Every `step`-th seed from `first` on, up to before `end`. */
export interface Seeds {
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** No seed is begun after this, as performance.now(). */
  readonly until: number;
  /** Told after each seed. */
  readonly soFar?: ((figures: Figures) => void) | undefined;
}

/** Runs seeds one after another; throws at the first that breaks a promise, with its trace and how to see it again. */
export async function runSeeds({ first, step, end, until, soFar }: Seeds): Promise<Figures> {
  const figures = noFigures();
  for (let seed = first; seed < end && performance.now() < until; seed += step) {
    const violation = await judge(seed, figures);
    if (violation !== undefined) throw new Error(await describe(seed, violation));
    await afterTurn();
    soFar?.(figures);
  }
  return figures;
}

/** What happened in a seed, line by line, its end included. `settle`: see {@link Watch}. */
export async function traceOf(seed: number, settle?: Watch['settle']): Promise<string[]> {
  const lines: string[] = [];
  const violation = await judge(seed, noFigures(), { trace: (line) => lines.push(line), settle });
  return [...lines, violation ?? 'all promises kept'];
}

/** A rejection that nobody handles is a broken promise too. */
async function judge(
  seed: number,
  figures: Figures,
  watch: Watch = {},
): Promise<string | undefined> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const settle = watch.settle ?? (seed % BY_TURNS === 0 ? afterTurn : undefined);
    const violation = await simulate(seed, figures, { ...watch, settle });
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

async function describe(seed: number, violation: string): Promise<string> {
  const trace = await traceOf(seed);
  const hidden = Math.max(0, trace.length - SHOWN);
  return [
    `seed ${seed} broke a promise: ${violation}`,
    `see it again: NUFLOW_SIM_SEED=${seed} npx vitest run test/simulation`,
    ...(hidden > 0 ? [`(${hidden} lines of the trace before)`] : []),
    ...trace.slice(hidden),
  ].join('\n');
}
