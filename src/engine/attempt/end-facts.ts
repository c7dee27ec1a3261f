import type { TaskSpec } from '../../definition/spec.js';
import type { CancelReason, TaskError } from '../../journal/records/record.js';
import type { TaskState } from '../../journal/records/state.js';
import type { Platform } from '../../platform/platform.js';
import type { Ended } from './attempt.js';
import type { KeptOutcome } from './outputs.js';

/** What the end of an attempt, or the answer of its probe, is decided from. */
export interface EndFacts {
  readonly spec: TaskSpec;
  readonly attempt: number;
  readonly ended: Ended<KeptOutcome>;
  /** Failures of the task, counted as if this were one. */
  readonly failures: number;
  /** How often in a row, before this, the task died with its orchestrator. */
  readonly crashes: number;
  /** Of a probe's answer: how the attempt it was asked about ended, when the orchestrator saw it. */
  readonly seenDeath?: TaskError | undefined;
  /** Why attempts are being stopped, when they are. */
  readonly cancelReason: CancelReason;
  /** False once the run starts nothing more. */
  readonly mayStartMore: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Drawn when needed; in [0, 1). */
  readonly random: () => number;
}

/** What the run, rather than the state of the task, says of an end. */
export type RunFacts = Pick<
  EndFacts,
  'spec' | 'attempt' | 'ended' | 'cancelReason' | 'mayStartMore'
>;

/** All that the end of an attempt is decided from; `task`: its state before. */
export function endFacts(
  { clock, random }: Pick<Platform, 'clock' | 'random'>,
  task: TaskState,
  facts: RunFacts,
): EndFacts {
  return {
    ...facts,
    failures: ('failures' in task ? task.failures : 0) + 1,
    crashes: ('crashes' in task ? task.crashes : undefined) ?? 0,
    seenDeath: task.status === 'probing' ? task.error : undefined,
    now: clock.now(),
    random: () => random.next(),
  };
}
