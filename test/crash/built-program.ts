import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce } from '../support/built-once.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Programs that the library starts: nothing imports them. */
const PROGRAMS = ['src/runners/spawner/helper.ts', 'src/runners/private/filter-main.ts'];

/**
 * Path of a program of this folder as JavaScript, with the library it imports beside it. Inside the repository, so that its
 * packages are found.
 */
export function builtProgram(name: string): string {
  const built = builtOnce('node_modules', basename(name), (folder) => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    // Types are checked elsewhere.
    const how = ['--ignoreConfig', '--noCheck', '--module', 'nodenext', '--target', 'es2023'];
    const files = [`test/crash/${name}.ts`, ...PROGRAMS];
    const args = [tsc, ...how, '--rootDir', '.', '--outDir', folder, ...files];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
    chmodSync(folder, 0o755); // other users may run it too
  });
  return join(built, 'test/crash', `${name}.js`);
}
