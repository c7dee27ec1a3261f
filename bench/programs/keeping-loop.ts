/**
 * A spawn loop that keeps what nuflow keeps of a task, with nothing in between: a folder with its input and its logs, who its process
 * is, its result read, and three lines of a journal, each synced before the loop goes on (nuflow lets the second share the sync of the third).
 * node keeping-loop.js <folder> <tasks> <tasks before, not counted> <nu> [helpers]; prints the processor time it took, ms. With
 * `helpers` it has two processes start the tasks, as nuflow does, so that it never stops for a fork.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Helper } from '../harness/helper.js';
import { processorTime } from '../harness/processor-time.js';

const [, , folder = '', tasks = '', before = '', nu = '', by = ''] = process.argv;
/** Writes aside and renames, as nuflow's program text does. */
const CODE =
  '{ok: true, value: (1 + 1)} | to json | save -f $"($env.RESULT).tmp"; mv $"($env.RESULT).tmp" $env.RESULT';
const LINE = Buffer.alloc(150, 'x');

const journal = await open(join(folder, 'journal'), 'a');
let syncing: Promise<void> | undefined;
let waiting: Promise<void> | undefined;

/** A line on disk; those that come while a sync is in flight share the next. */
function record(): Promise<void> {
  writeSync(journal.fd, LINE);
  if (syncing === undefined) {
    syncing = journal.datasync().finally(() => {
      syncing = undefined;
    });
    return syncing;
  }
  waiting ??= syncing.then(() => {
    waiting = undefined;
    return record();
  });
  return waiting;
}

const ARGS = ['-n', '--no-std-lib', '-c', CODE];
const INPUT = '{"input":null}';

/** Starts a task in its folder; resolves when it has ended, and that it had a process is on disk. */
type Start = (dir: string, env: Record<string, string>) => Promise<unknown>;

const startItself: Start = (dir, env) => {
  mkdirSync(dir, { recursive: true });
  const files = ['in', 'out', 'err'].map((name) => openSync(join(dir, name), 'w+'));
  writeSync(files[0] as number, INPUT);
  const child = spawn(nu, ARGS, { stdio: files, env });
  const ended = once(child, 'exit');
  for (const file of files) closeSync(file);
  readFileSync(`/proc/${child.pid}/stat`);
  return Promise.all([ended, record()]);
};

function startBy(helpers: readonly Helper[]): Start {
  let next = 0;
  return (dir, env) =>
    new Promise((resolve) => {
      const request = { dir, file: nu, args: ARGS, cwd: folder, env, stdin: INPUT };
      let spawned: Promise<void> | undefined;
      helpers[next++ % helpers.length]?.ask(request, {
        started: () => {
          spawned = record();
        },
        ended: () => resolve(spawned),
      });
    });
}

const start = by === 'helpers' ? startBy([new Helper(), new Helper()]) : startItself;

async function attempt(number: number): Promise<void> {
  await record();
  const dir = join(folder, String(number), '1');
  const result = join(dir, 'result');
  await start(dir, { PATH: '/usr/bin', RESULT: result });
  JSON.parse(readFileSync(result, 'utf8'));
  await record();
}

console.log(await processorTime(Number(tasks), Number(before), attempt));
process.exit();
