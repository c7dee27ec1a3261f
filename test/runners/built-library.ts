import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtOnce } from '../support/built-once.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folder with the library as JavaScript, for tests that need it in another process. Inside the repository, so that its imports are found. */
export function builtLibrary(): string {
  return builtOnce('node_modules', 'library', (folder) => {
    const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
    const args = [tsc, '-p', `${ROOT}tsconfig.build.json`, '--outDir', folder];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
  });
}
