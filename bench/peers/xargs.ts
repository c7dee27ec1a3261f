import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNushell } from 'nuflow/runners';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { SLOTS } from './nuflow.js';

/** The same Nushell processes, started by xargs: nothing journaled, no results, no graph. */
export function xargsNu(count: number, code: string): Contender {
  return {
    name: `xargs -P${SLOTS}`,
    sample: () => timeOf(count, ['-n', '--no-std-lib', '-c', code]),
  };
}

/** Nushell as scripts usually start it: its standard library and settings are loaded, and a module is named in the code. */
export function xargsSeed(count: number, code: string): Contender {
  return {
    name: `xargs -P${SLOTS} nu -c "use …"`,
    sample: () =>
      inFolder(async (folder) => {
        const module = join(folder, 'task.nu');
        await writeFile(module, `export def main [] { ${code} }\n`);
        return timeOf(count, ['-c', `use ${module}; task`]);
      }),
  };
}

async function timeOf(count: number, nuArgs: readonly string[]): Promise<number> {
  const begun = performance.now();
  // One number a process; it becomes an argument that the code does not look at.
  const args = ['-P', String(SLOTS), '-n', '1', findNushell(), ...nuArgs];
  const xargs = spawn('xargs', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  xargs.stdin.end(Array.from({ length: count }, (_, i) => `${i}\n`).join(''));
  const [exitCode] = await once(xargs, 'close');
  if (exitCode !== 0) throw new Error(`xargs ended with ${exitCode}`);
  return performance.now() - begun;
}
