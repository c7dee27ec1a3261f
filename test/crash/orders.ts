import type { WorkflowFile } from '../../src/index.js';

/** What the process of orchestrator.ts is told, in a file that its argument names. */
export interface Orders {
  readonly dataDir: string;
  readonly baseDir: string;
  /** The Nushell binary. */
  readonly binary: string;
  /** Variables of its environment that tasks get too, so that all it leads to can be found. */
  readonly marker: Readonly<Record<string, string>>;
  readonly concurrency: number;
  /** Between interrupt and kill, ms. */
  readonly grace: number;
  /** Id of the run. */
  readonly run: string;
  readonly workflow: WorkflowFile;
  /** Whether SIGTERM means close({ mode: 'stop' }) and SIGINT close({ mode: 'cancel' }); else they end the process as they do. */
  readonly handlesSignals: boolean;
}
