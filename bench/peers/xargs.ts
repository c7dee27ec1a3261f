import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findNushell } from 'nuflow/runners';
import type { Contender } from '../harness/contender.js';
import { SLOTS } from './nuflow.js';

/** The same Nushell processes, started by xargs: nothing journaled, no results, no graph. */
export function xargsNu(count: number, code: string): Contender {
  const nu = findNushell();
  return {
    name: `xargs -P${SLOTS}`,
    sample: async () => {
      const begun = performance.now();
      // One number a process; it becomes an argument that the code does not look at.
      const args = ['-P', String(SLOTS), '-n', '1', nu, '-n', '--no-std-lib', '-c', code];
      const xargs = spawn('xargs', args, { stdio: ['pipe', 'ignore', 'inherit'] });
      xargs.stdin.end(Array.from({ length: count }, (_, i) => `${i}\n`).join(''));
      const [exitCode] = await once(xargs, 'close');
      if (exitCode !== 0) throw new Error(`xargs ended with ${exitCode}`);
      return performance.now() - begun;
    },
  };
}
