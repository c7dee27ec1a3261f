/**
 * The least a Node program does that starts processes, ten at a time, with files for their stdio:
 * node spawn-loop.js <folder> <tasks> <tasks before, not counted> <program> <argument…>; prints the processor time it took, ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { processorTime } from '../harness/processor-time.js';

const [, , folder = '', tasks = '', before = '', program = '', ...args] = process.argv;

async function attempt(number: number): Promise<void> {
  const files = ['in', 'out', 'err'].map((name) =>
    openSync(join(folder, `${number}.${name}`), 'w+'),
  );
  const child = spawn(program, args, { stdio: files });
  const ended = once(child, 'exit');
  for (const file of files) closeSync(file);
  await ended;
}

console.log(await processorTime(Number(tasks), Number(before), attempt));
