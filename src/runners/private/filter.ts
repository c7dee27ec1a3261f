import { type ChildProcess, spawn } from 'node:child_process';
import type { Redactor } from '../../secrets/redactor.js';
import { COOKIE } from '../process/process-table.js';
import { FILTER } from '../programs.js';

/** V8 with next to no room for garbage. */
const SMALL = ['--max-semi-space-size=1', '--v8-pool-size=0'];

/** The cookie of an attempt's filter: not the attempt's own, as the filter is to outlive all of the attempt. */
export function filterCookie(cookie: string): string {
  return `filter-${cookie}`;
}

/** A filter at work. */
export interface Filter {
  /** Resolves when it has handed on everything, or is gone. Never rejects. */
  readonly ended: Promise<void>;
  /** From here on this program does not stay alive for it. */
  detach(): void;
}

/** Descriptors for a filter; the caller closes them after. */
export interface FilterStdio {
  readonly secrets: number;
  readonly logs: readonly [stdout: number, stderr: number];
  readonly pipes: readonly [stdout: number, stderr: number];
  /** See progress.ts. */
  readonly progress: number;
}

/** What a filter reads from its first descriptor. */
export function filterSecrets(redactor: Redactor): string {
  return JSON.stringify(redactor.secrets);
}

/** Starts a filter, see filter-main.ts. Rejects when it can't be started. */
export function startFilter(cookie: string, stdio: FilterStdio): Promise<Filter> {
  const { secrets, logs, pipes, progress } = stdio;
  const child = spawn(process.execPath, [...SMALL, FILTER], {
    cwd: '/',
    // The second for Electron, whose binary is not Node unless it is told.
    env: { [COOKIE]: filterCookie(cookie), ELECTRON_RUN_AS_NODE: '1' },
    stdio: [secrets, ...logs, ...pipes, progress],
    detached: true,
  });
  return started(child);
}

function started(child: ChildProcess): Promise<Filter> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    const ended = new Promise<void>((end) => child.on('exit', () => end()));
    child.on('spawn', () => resolve({ ended, detach: () => child.unref() }));
  });
}
