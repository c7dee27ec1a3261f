import { readFileSync } from 'node:fs';

/** What became of the processes that were started before their tasks, since the orchestrator was opened. */
export interface StandbyCounts {
  readonly started: number;
  /** Did the work of a task; each of one at most. */
  readonly used: number;
  /** Ended without: their task did not come, a file of their module changed, or their program can't be parsed. */
  readonly discarded: number;
  /** Wait now. */
  readonly waiting: number;
  /** Processor time that those used had spent before their tasks came, ms: what these did not wait for. 0 where it can't be seen. */
  readonly savedMs: number;
  /** The same of those discarded: what was spent for nothing. */
  readonly wastedMs: number;
}

/** Where nothing stands by. */
export const NO_STANDBYS: StandbyCounts = {
  started: 0,
  used: 0,
  discarded: 0,
  waiting: 0,
  savedMs: 0,
  wastedMs: 0,
};

/** Processor time of a process's main thread, ms; 0 where it can't be seen. */
export function processorMs(pid: number): number {
  try {
    // proc(5): time on the processor in ns, time waiting for it, number of time slices.
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}
