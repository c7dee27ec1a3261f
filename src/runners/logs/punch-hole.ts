import { spawn } from 'node:child_process';
import type { Cut } from './log-cut.js';

let last: Promise<unknown> = Promise.resolve();
let isMissing = false;

/**
 * Gives the disk space of a stretch of an open file back, the file's length unchanged; resolves whether that
 * was done. By fallocate(1) of util-linux, since Node can't: Linux, and file systems with holes (ext4, xfs,
 * btrfs, tmpfs). One at a time: a thousand big logs must not mean a thousand processes.
 */
export function punchHole(file: number, cut: Cut): Promise<boolean> {
  const punched = last.then(() => (isMissing ? false : fallocate(file, cut)));
  last = punched;
  return punched;
}

function fallocate(file: number, { from, to }: Cut): Promise<boolean> {
  // By the descriptor: a task may have put something else in the file's place.
  const stretch = ['--offset', String(from), '--length', String(to - from)];
  const args = ['--punch-hole', ...stretch, '/proc/self/fd/3'];
  return new Promise((resolve) => {
    const child = spawn('fallocate', args, {
      stdio: ['ignore', 'ignore', 'ignore', file],
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') isMissing = true;
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}
