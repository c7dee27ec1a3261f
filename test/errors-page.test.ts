import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Names of environment variables, which look like codes. */
const VARIABLES = new Set(['NUFLOW_COOKIE', 'NUFLOW_NU']);

/** Every code that stands in the sources. */
function codesInSources(): Set<string> {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/'(NUFLOW_[A-Z_]+)'/g)]);
  return new Set(found.map(([, code = '']) => code).filter((code) => !VARIABLES.has(code)));
}

it('docs/errors.md has a row for every code of the library, and for no other', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(NUFLOW_[A-Z_]+)` \|/gm)].map(([, code = '']) => code);
  expect(rows.length).toBeGreaterThan(70);
  expect([...rows].sort()).toEqual([...codesInSources()].sort());
});
