/**
 * A spawn loop that keeps what nuflow keeps of a task, with nothing in between: a folder with its input and its logs, who its process
 * is, its result read, and three lines of a journal, each synced before the loop goes on (nuflow lets the second share the sync of the third).
 * node keeping-loop.js <folder> <tasks> <tasks before, not counted> <nu>; prints the processor time it took, ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { processorTime } from '../harness/processor-time.js';

const [, , folder = '', tasks = '', before = '', nu = ''] = process.argv;
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

async function attempt(number: number): Promise<void> {
  await record();
  const dir = join(folder, String(number), '1');
  mkdirSync(dir, { recursive: true });
  const files = ['in', 'out', 'err'].map((name) => openSync(join(dir, name), 'w+'));
  writeSync(files[0] as number, '{"input":null}');
  const result = join(dir, 'result');
  const args = ['-n', '--no-std-lib', '-c', CODE];
  const child = spawn(nu, args, { stdio: files, env: { PATH: '/usr/bin', RESULT: result } });
  const ended = once(child, 'exit');
  for (const file of files) closeSync(file);
  readFileSync(`/proc/${child.pid}/stat`);
  const spawned = record();
  await ended;
  await spawned;
  JSON.parse(readFileSync(result, 'utf8'));
  await record();
}

console.log(await processorTime(Number(tasks), Number(before), attempt));
process.exit();
