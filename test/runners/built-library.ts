import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Folder with the library as JavaScript, for tests that need it in another process; built before the
 * tests of the file and removed after. Inside the repository, so that its imports are found.
 */
export function builtLibrary(): string {
  const folder = mkdtempSync(`${ROOT}node_modules/.nuflow-built-`);
  beforeAll(() => {
    const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
    const args = [tsc, '-p', `${ROOT}tsconfig.build.json`, '--outDir', folder];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
