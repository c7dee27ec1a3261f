import { isAtWork, isHeld, isTerminal, type RunPhase, type RunState } from './state.js';

export type RunStatus = RunPhase['status'];

/** A run in a line. */
export interface RunSummary {
  readonly id: string;
  /** Name of the workflow; empty for a damaged run. */
  readonly workflow: string;
  /** `damaged`: its journal can't be read; inspect the run for the place and the reason. */
  readonly status: RunStatus | 'damaged';
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  readonly tasks: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    /** Held for a decision. */
    readonly held: number;
  };
}

/** A run in a line, from its state. */
export function summary(state: RunState): RunSummary {
  const { phase } = state;
  return {
    id: state.id,
    workflow: state.workflow.name,
    status: phase.status,
    startedAt: state.startedAt,
    ...('endedAt' in phase ? { endedAt: phase.endedAt } : {}),
    tasks: countTasks(state),
  };
}

/** Tasks in all, ended, failed (or not run because one did), and held for a decision. */
export function countTasks(state: RunState): RunSummary['tasks'] & { readonly running: number } {
  const count = { done: 0, running: 0, failed: 0, held: 0 };
  for (const task of state.tasks.values()) {
    if (isTerminal(task)) count.done++;
    if (isAtWork(task)) count.running++;
    if (isHeld(task)) count.held++;
    if (task.status === 'failed' || task.status === 'upstreamFailed') count.failed++;
  }
  return { total: state.workflow.tasks.length, ...count };
}
