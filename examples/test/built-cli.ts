import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce } from '../../test/support/built-once.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** Path of cli.js, built with the library from the sources as they are. Under `examples/`, where it finds its packages. */
export function builtCli(): string {
  const built = builtOnce('examples/node_modules', 'cli', (folder) => {
    const library = join(folder, 'node_modules/nuflow');
    tsc('-p', 'tsconfig.build.json', '--outDir', join(library, 'dist'));
    cpSync(join(ROOT, 'package.json'), join(library, 'package.json'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    // Types are checked elsewhere; here `nuflow` has none that tsc would find.
    tsc('-p', 'examples/tsconfig.json', '--noCheck', '--outDir', folder);
  });
  return join(built, 'cli.js');
}

function tsc(...args: readonly string[]): void {
  execFileSync(process.execPath, [TSC, ...args], { cwd: ROOT, stdio: 'pipe' });
}
