import type { WorkflowSpec } from '../../src/definition/spec.js';
import type { CloseMode } from '../../src/engine/commands/close-mode.js';
import { type FaultRates, SOUND } from './faults.js';
import type { Prng } from './prng.js';
import { randomWorkflow } from './workflows.js';

/** How a life of the orchestrator is cut short. */
export type Cut =
  /** kill -9: what it wrote is in the page cache. */
  | { readonly kind: 'process' }
  /** Power lost: only what was synced is sure to be there. */
  | { readonly kind: 'machine' }
  | { readonly kind: 'close'; readonly mode: CloseMode };

/** One process of the orchestrator, from its start to its end. */
export interface LifePlan {
  readonly concurrency: number;
  readonly faults: FaultRates;
  /** Whether there are none. */
  readonly isSound: boolean;
  /** Ends, each some steps after the one before; without any it goes on until all runs have ended. */
  readonly cuts: readonly { readonly afterSteps: number; readonly cut: Cut }[];
  /** What crashes when it dies in a write. */
  readonly diesWith: 'process' | 'machine';
  /** Whether a journal is damaged after it, in bytes that were synced: by a bad disk, or by hand. */
  readonly damages: boolean;
  /** Probability a step that the wall clock jumps. */
  readonly jumps: number;
  /** Runs that are cancelled, each some time after it began. */
  readonly cancels: readonly { readonly run: string; readonly afterMs: number }[];
  /** When another process tries to open the same data directory, and looks at all runs; ms after the beginning. */
  readonly visits: readonly number[];
}

/** A run that somebody wants. */
export interface Wanted {
  readonly id: string;
  readonly workflow: WorkflowSpec;
  readonly input: string;
  /** Asked for in this life, and in each later one until it is acknowledged. */
  readonly life: number;
}

/** What a seed stands for. */
export interface Scenario {
  readonly wanted: readonly Wanted[];
  readonly lives: readonly LifePlan[];
  readonly poolSize: number;
  readonly graceMs: number;
}

export function randomScenario(prng: Prng): Scenario {
  const lives = prng.between(1, 4);
  const wanted = Array.from({ length: prng.chance(0.7) ? 1 : prng.between(2, 3) }, (_, n) => ({
    id: `run-${n + 1}`,
    workflow: randomWorkflow(prng, prng.chance(0.8) ? 'server.create' : 'server.delete'),
    input: `input ${n + 1}`,
    life: prng.chance(0.7) ? 0 : prng.between(0, lives - 1),
  }));
  return {
    wanted,
    lives: Array.from({ length: lives }, (_, n) => randomLife(prng, wanted, n === lives - 1)),
    poolSize: prng.between(1, 3),
    graceMs: prng.spread(1, 1_000),
  };
}

/** The last life has no faults and no end, so that what can end must. */
function randomLife(prng: Prng, wanted: readonly Wanted[], isLast: boolean): LifePlan {
  const isSound = isLast || prng.chance(0.5);
  return {
    concurrency: prng.between(1, 5),
    faults: {
      ...(isSound ? { ...SOUND, shortWrite: prng.pick([0, 0.3]) } : randomFaults(prng)),
      ...(isLast || prng.chance(0.85) ? {} : { deadlyWrite: prng.spread(1, 60) }),
    },
    isSound,
    diesWith: prng.pick(['process', 'machine']),
    damages: !isLast && prng.chance(0.02),
    cuts: isLast ? [] : randomCuts(prng),
    jumps: prng.chance(0.3) ? 0.05 : 0,
    cancels: wanted
      .filter(() => prng.chance(0.1))
      .map(({ id }) => ({ run: id, afterMs: prng.spread(1, 2_000) })),
    visits: prng.chance(0.1) ? [prng.spread(10, 1_000)] : [],
  };
}

function randomFaults(prng: Prng): FaultRates {
  return {
    failure: prng.pick([0, 0, 0.005, 0.02, 0.1]),
    failedSync: prng.pick([0, 0.05, 0.2, 0.5]),
    shortWrite: prng.pick([0, 0.1, 0.5]),
    ...(prng.chance(0.3)
      ? { space: { bytes: prng.spread(10, 20_000), refusals: prng.spread(1, 20) } }
      : {}),
  };
}

/** A crash, or a close that may be followed by a harder one and by a crash. */
function randomCuts(prng: Prng): LifePlan['cuts'] {
  const cuts: { afterSteps: number; cut: Cut }[] = [];
  while (cuts.length < 3) {
    const afterSteps = prng.spread(1, cuts.length === 0 ? 300 : 30);
    const crash = { kind: prng.chance(0.5) ? 'process' : 'machine' } as const;
    if (prng.chance(0.7)) return [...cuts, { afterSteps, cut: crash }];
    cuts.push({ afterSteps, cut: { kind: 'close', mode: prng.pick(CLOSE_MODES) } });
    if (prng.chance(0.5)) return cuts;
  }
  return cuts;
}

const CLOSE_MODES: readonly CloseMode[] = ['drain', 'stop', 'cancel', 'detach'];
