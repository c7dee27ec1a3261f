import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What is built from. */
const SOURCES = ['src', 'examples', 'test', 'package.json'];
const NOT_SOURCES: ReadonlySet<string> = new Set(['node_modules', 'dist']);
/** What was built from other sources is kept so long: tests of them may still run. */
const KEPT_MS = 60 * 60 * 1000;

let stateOfSources: string | undefined;

/**
 * A folder in `parent` (where what is built finds its packages) with what `build` puts there, from the sources as they are. Built before
 * the tests of the first file that asks for this name; the other files find it there.
 */
export function builtOnce(parent: string, name: string, build: (folder: string) => void): string {
  stateOfSources ??= digest();
  const all = join(ROOT, parent, '.nuflow-built');
  const folder = join(all, `${name}-${stateOfSources}`);
  beforeAll(() => {
    if (existsSync(folder)) return;
    mkdirSync(all, { recursive: true });
    removeOld(all);
    const aside = `${folder}.${randomBytes(4).toString('hex')}`;
    build(aside);
    putInPlace(aside, folder);
  });
  return folder;
}

/** Another file may have built the same meanwhile. */
function putInPlace(aside: string, folder: string): void {
  try {
    renameSync(aside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(aside, { recursive: true });
  }
}

function removeOld(all: string): void {
  for (const name of readdirSync(all)) {
    const found = statSync(join(all, name), { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > KEPT_MS)
      rmSync(join(all, name), { recursive: true, force: true });
  }
}

/** Changes when any source does. */
function digest(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) add(join(ROOT, source));
  return hash.digest('hex').slice(0, 16);

  function add(path: string): void {
    const { mtimeMs, size } = statSync(path);
    if (!statSync(path).isDirectory()) return void hash.update(`${path} ${mtimeMs} ${size}\n`);
    for (const name of readdirSync(path).sort()) if (!NOT_SOURCES.has(name)) add(join(path, name));
  }
}
