import { spawn } from 'node:child_process';
import type { Cut } from './log-cut.js';

let last: Promise<unknown> = Promise.resolve();
let isMissing = false;

/**
 * Gives the disk space of a stretch of a file back, the file's length unchanged; resolves whether that
 * was done. By fallocate(1) of util-linux, since Node can't: Linux, and file systems with holes (ext4, xfs,
 * btrfs, tmpfs). One at a time: a thousand big logs must not mean a thousand processes.
 */
export function punchHole(path: string, cut: Cut): Promise<boolean> {
  const punched = last.then(() => (isMissing ? false : fallocate(path, cut)));
  last = punched;
  return punched;
}

function fallocate(path: string, { from, to }: Cut): Promise<boolean> {
  const args = ['--punch-hole', '--offset', String(from), '--length', String(to - from), path];
  return new Promise((resolve) => {
    const child = spawn('fallocate', args, { stdio: 'ignore' });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') isMissing = true;
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}
