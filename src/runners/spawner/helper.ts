/**
 * The helper of a Spawner, a program of its own: starts processes for a parent for whom a fork would be
 * expensive. It holds nothing but what it was asked for and not answered yet, and depends on nothing
 * but Node, so that it stays small.
 *
 * It ends when its standard input does: with its parent, however that died. Processes it started have
 * sessions of their own and go on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { identifyChild } from '../../world/process-identity.js';
import { withStdio } from '../attempt-files.js';
import type { ProcessEnd } from '../process.js';
import type { HelperAnswer, StartRequest } from './protocol.js';

const STDOUT = 1;
const [, , parent] = process.argv;

/** Written at once: an answer that the parent can read is one that this process can't lose by dying. */
function answer(message: HelperAnswer): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < line.length; ) written += writeSync(STDOUT, line, written);
}

function start(request: StartRequest): void {
  // Asked by a parent that died since: its next takes what does not run for not begun.
  if (process.ppid !== Number(parent)) process.exit();
  const { id } = request;
  try {
    const child = fork(request);
    child.once('error', (error) => answer({ id, end: failure(error) }));
    if (child.pid === undefined) return;
    const identity = identifyChild(child.pid) ?? { startTime: '', bootId: '' };
    answer({ id, started: { pid: child.pid, ...identity } });
    child.once('exit', (exitCode, signal) => answer({ id, end: endOf(exitCode, signal) }));
  } catch (error) {
    answer({ id, end: failure(error as Error) });
  }
}

function fork({ file, args, cwd, env, dir, stdin }: StartRequest): ChildProcess {
  return withStdio(dir, stdin, (stdio) =>
    spawn(file, args, { cwd, env, stdio: [...stdio], detached: true }),
  );
}

function endOf(exitCode: number | null, signal: string | null): ProcessEnd {
  return exitCode === null
    ? { kind: 'signalled', signal: signal ?? 'SIGKILL' }
    : { kind: 'exited', exitCode };
}

function failure({
  code = 'UNKNOWN',
  message,
  syscall = 'spawn',
  path,
}: NodeJS.ErrnoException): ProcessEnd {
  const end = { kind: 'notStarted', errno: code, reason: message } as const;
  return syscall.startsWith('spawn') ? end : { ...end, path };
}

/** Requests whose end has not arrived. */
let pieces: Buffer[] = [];

function take(chunk: Buffer): void {
  let from = 0;
  for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
    const line = Buffer.concat([...pieces, chunk.subarray(from, end)]);
    pieces = [];
    from = end + 1;
    start(JSON.parse(line.toString()) as StartRequest);
  }
  if (from < chunk.length) pieces.push(chunk.subarray(from));
}

// Whoever stops a whole group or service means the parent, who may have ends to record yet.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// The parent is gone when it can't be told: nothing is left to do.
process.on('uncaughtException', () => process.exit(1));
process.stdin.on('data', take);
process.stdin.on('end', () => process.exit());
answer({ ready: true });
