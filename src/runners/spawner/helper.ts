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
import { identifyChild } from '../../platform/process-identity.js';
import { withStdio } from '../attempt-files.js';
import { closeInherited } from '../process/inherited-descriptors.js';
import type { ProcessEnd } from '../process/process.js';
import type { HelperAnswer, HelperRequest, HelperStarted, StartRequest } from './protocol.js';
import { drop, handOver, type Waiting, withFolder } from './waiting.js';

const STDOUT = 1;
const [, , parent] = process.argv;

/** Written at once: an answer that the parent can read is one that this process can't lose by dying. */
function answer(message: HelperAnswer): void {
  const line = `${JSON.stringify(message)}\n`;
  let written = writeSync(STDOUT, line);
  if (written === Buffer.byteLength(line)) return; // else the pipe is full
  for (const bytes = Buffer.from(line); written < bytes.length; )
    written += writeSync(STDOUT, bytes, written);
}

/** Processes that wait for their work, by the id of the request for them. */
const waiting = new Map<number, Waiting>();

function take(request: HelperRequest): void {
  // Asked by a parent that died since: its next takes what does not run for not begun.
  if (process.ppid !== Number(parent)) process.exit();
  if ('drop' in request) dropWaiting(request.drop);
  else if (request.by === undefined || !serve(request, request.by)) start(request);
}

function start(request: StartRequest): void {
  const { id } = request;
  try {
    const child = request.waits ? forkWaiting(request) : fork(request);
    child.once('error', (error) => answer({ id, end: failure(error) }));
    if (child.pid === undefined) return;
    const identity = { pid: child.pid, ...(identifyChild(child.pid) ?? UNKNOWN) };
    answer({ id, started: identity });
    if (request.waits) wait(child, identity, request);
    else answerEnd(id, child);
  } catch (error) {
    answer({ id, end: failure(error as Error) });
  }
}

const UNKNOWN = { startTime: '', bootId: '' };

function fork({ file, args, cwd, env, dir, stdin }: StartRequest): ChildProcess {
  return withStdio(dir, stdin, (stdio) =>
    spawn(file, args, { cwd, env, stdio: [...stdio], detached: true }),
  );
}

function forkWaiting({ file, args, cwd, env, dir }: StartRequest): ChildProcess {
  return withFolder(dir, (logs) =>
    spawn(file, args, { cwd, env, stdio: ['pipe', ...logs], detached: true }),
  );
}

function wait(child: ChildProcess, identity: HelperStarted, asked: StartRequest): void {
  child.stdin?.on('error', () => {}); // it is gone: its end says so
  waiting.set(asked.id, { child, identity, asked });
  child.once('exit', (exitCode, signal) => {
    // When it serves by now, its end is answered under the name of its work.
    if (waiting.delete(asked.id)) answer({ id: asked.id, end: endOf(exitCode, signal) });
  });
}

/** False when no waiting process could take the work. */
function serve(request: StartRequest, by: number): boolean {
  const found = waiting.get(by);
  if (found === undefined || !handOver(found, request)) return false;
  waiting.delete(by);
  answer({ id: request.id, started: found.identity });
  answerEnd(request.id, found.child);
  return true;
}

function dropWaiting(id: number): void {
  const found = waiting.get(id);
  if (found !== undefined) drop(found);
}

function answerEnd(id: number, child: ChildProcess): void {
  child.once('exit', (exitCode, signal) => answer({ id, end: endOf(exitCode, signal) }));
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

function read(chunk: Buffer): void {
  let from = 0;
  for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
    const line = Buffer.concat([...pieces, chunk.subarray(from, end)]);
    pieces = [];
    from = end + 1;
    take(JSON.parse(line.toString()) as HelperRequest);
  }
  if (from < chunk.length) pieces.push(chunk.subarray(from));
}

closeInherited(); // what started us may have left some open that nobody else is to have
// Whoever stops a whole group or service means the parent, who may have ends to record yet.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// The parent is gone when it can't be told: nothing is left to do.
process.on('uncaughtException', () => process.exit(1));
process.stdin.on('data', read);
process.stdin.on('end', () => process.exit());
answer({ ready: true });
