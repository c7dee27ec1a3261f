/**
 * The least a Node program does that starts processes, ten at a time, with files for their stdio:
 * node spawn-loop.js <folder> <tasks> <program> <argument…>; prints the processor time it took, ms. Some go before
 * that are not counted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder = '', tasks = '', program = '', ...args] = process.argv;
/** Processes that go before. */
const WARM_UP = 50;

let next = 0;

async function slot(end: number): Promise<void> {
  while (next < end) {
    const files = ['in', 'out', 'err'].map((name) =>
      openSync(join(folder, `${next}.${name}`), 'w+'),
    );
    next++;
    const child = spawn(program, args, { stdio: files });
    const ended = once(child, 'exit');
    for (const file of files) closeSync(file);
    await ended;
  }
}

async function startUpTo(end: number): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => slot(end)));
}

await startUpTo(WARM_UP);
const before = process.cpuUsage();
await startUpTo(WARM_UP + Number(tasks));
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1_000);
