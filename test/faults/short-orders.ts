import type { RunSnapshot, WorkflowFile } from '../../src/index.js';

/** What short-orchestrator.ts is told. */
export interface ShortOrders {
  readonly dataDir: string;
  readonly baseDir: string;
  /** The Nushell binary. */
  readonly binary: string;
  readonly run: string;
  readonly workflow: WorkflowFile;
  /** Tasks at work at a time. */
  readonly atOnce: number;
  /** When it comes to have so few descriptors: before it opens, before it starts the run, or when tasks are at work. */
  readonly moment?: 'open' | 'start' | 'work' | undefined;
  /** How many it has left then, and each process that starts tasks for it. */
  readonly descriptors?: number | undefined;
  /** Whether it kills itself when tasks are at work. */
  readonly diesAtWork?: boolean | undefined;
}

/** How far it came. */
export interface ShortStory {
  readonly came: 'nowhere' | 'open' | 'started' | 'ended';
  /** Of the error that kept it from coming further. */
  readonly code?: string | undefined;
  readonly status: RunSnapshot['status'] | undefined;
  readonly tasks: RunSnapshot['tasks'];
}
