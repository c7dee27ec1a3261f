/**
 * The least a Node program does that starts processes, ten at a time, with files for their stdio:
 * node spawn-loop.js <folder> <tasks> <program> <argument…>; prints the processor time it took, ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder = '', tasks = '', program = '', ...args] = process.argv;
let next = 0;

async function slot(): Promise<void> {
  while (next < Number(tasks)) {
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

const before = process.cpuUsage();
await Promise.all(Array.from({ length: 10 }, slot));
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1_000);
