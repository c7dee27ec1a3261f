import type { ChildProcess } from 'node:child_process';
import { renameSync, rmdirSync } from 'node:fs';
import { writeNew } from '../../platform/regular-file.js';
import {
  type AttemptFiles,
  attemptFiles,
  attemptFolder,
  type Logs,
  withLogs,
} from '../attempt-files.js';
import type { HelperStarted, StartRequest } from './protocol.js';

/** A process of the helper's that waits to be told its work. */
export interface Waiting {
  readonly child: ChildProcess;
  readonly identity: HelperStarted;
  /** What it was asked for with. */
  readonly asked: StartRequest;
}

/** Makes the folder of a process that is to wait (0700), and calls `use` with its logs open. Throws what the file system says. */
export function withFolder<T>(dir: string, use: (logs: Logs) => T): T {
  return withLogs(attemptFolder(dir), use);
}

/**
 * Gives a waiting process its work: its logs become the attempt's, then it is told. False when it can't be
 * given any, and will do none. In this order, so that whoever takes over the attempt after a crash finds the
 * process by what is in the attempt's folder as soon as code of it may run: its cookie is another.
 */
export function handOver(waiting: Waiting, request: StartRequest): boolean {
  const { child, identity, asked } = waiting;
  if (child.exitCode !== null || child.signalCode !== null) return false;
  if (identity.startTime === '') return false; // nobody could find it by that
  try {
    moveIn(attemptFiles(asked.dir), request, identity);
  } catch {
    child.kill('SIGKILL');
    return false;
  }
  rmdirUnlessUsed(asked.dir);
  const env = changed(asked.env, request.env);
  child.stdin?.end(`${JSON.stringify(env)}\n${request.stdin}`);
  return true;
}

/** Ends it. It has no descendants: it has not run anything. */
export function drop({ child }: Waiting): void {
  child.kill('SIGKILL');
}

function moveIn(from: AttemptFiles, { dir, stdin }: StartRequest, identity: HelperStarted): void {
  const to = attemptFolder(dir);
  writeNew(to.input, stdin);
  writeNew(to.process, JSON.stringify(identity));
  renameSync(from.stdout, to.stdout);
  renameSync(from.stderr, to.stderr);
}

function rmdirUnlessUsed(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Nobody but us puts anything there; whoever did may keep it.
  }
}

/** The variables in which one environment differs from another that has no others. */
function changed(
  from: StartRequest['env'],
  to: StartRequest['env'],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(to).filter(([name, value]) => from[name] !== value));
}
