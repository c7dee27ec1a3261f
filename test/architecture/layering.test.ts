import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { violations } from './violations.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

function sources(): Map<string, string> {
  const names = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [name.split(sep).join(posix.sep), readFileSync(join(SRC, name), 'utf8')]),
  );
}

describe('the sources', () => {
  it('keep the layout: one-way imports, one importer a package, pure cores, small files, no any', () => {
    expect(violations(sources())).toEqual([]);
  });

  it('are all looked at', () => {
    expect(sources().size).toBeGreaterThan(40);
  });
});

describe('the check of the layout', () => {
  it.each([
    [
      'dag/plan.ts',
      "import { x } from '../engine/loop.js';",
      'dag may not import engine (engine/loop.ts)',
    ],
    ['errors.ts', "export * from './events.js';", 'errors may not import events (events.ts)'],
    [
      'queue/executor.ts',
      "import { reduce } from '../journal/records/reduce.js';",
      'queue may import only types of records (journal/records/reduce.ts)',
    ],
    [
      'runners/runner.ts',
      "import type { Journal } from '../journal/journal.js';",
      'runners may not import journal (journal/journal.ts)',
    ],
    [
      'journal/records/state.ts',
      "const late = await import('../../dag/plan.js');",
      'records may not import dag (dag/plan.ts)',
    ],
    ['engine/loop.ts', "import PQueue from 'p-queue';", 'may not import p-queue; only'],
    ['runners/process/process.ts', "import { execa } from 'execa';", 'more than types of execa'],
    ['definition/spec.ts', "import { z } from 'zod';", 'more than types of zod'],
    ['engine/loop.ts', "import left from 'left-pad';", 'which is not a dependency we chose'],
    ['engine/loop.ts', 'await import(name);', 'imports (computed)'],
    ['stray.ts', "import './errors.js';", 'is in no area of the layout'],
    ['dag/plan.ts', "import { readFile } from 'node:fs/promises';", 'is pure, but imports node:fs'],
    ['journal/records/reduce.ts', 'const at = Date.now();', 'is pure, but uses Date.now'],
    ['dag/plan.ts', 'const at = new Date();', 'is pure, but uses new Date()'],
    ['engine/loop.ts', 'function f(x: any) {}', 'uses any'],
    ['engine/loop.ts', 'const x = y as any;', 'uses any'],
    ['engine/loop.ts', '// @ts-ignore', 'has an exemption: @ts-ignore'],
  ])('refuses %s with %j', (file, text, why) => {
    const found = violations(new Map([[file, text]]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${file}: `);
    expect(found[0]).toContain(why);
  });

  it('refuses files that are too long', () => {
    const found = violations(new Map([['engine/loop.ts', 'f();\n'.repeat(301)]]));
    expect(found).toEqual(['engine/loop.ts: has 301 lines of code, more than 300']);
  });

  it('refuses files that form an import cycle', () => {
    const circle = new Map([
      ['engine/a.ts', "import { b } from './b.js';"],
      ['engine/b.ts', "import { c } from './c.js';"],
      ['engine/c.ts', "import { a } from './a.js';"],
      ['engine/to.ts', "import { a } from './a.js';"],
      ['engine/d.ts', "import type { e } from './e.js';"],
      ['engine/e.ts', "import type { d } from './d.js';"],
    ]);
    expect(violations(circle)).toEqual([
      'engine/a.ts, engine/b.ts, engine/c.ts: form an import cycle',
    ]);
  });

  it('allows what the layout allows', () => {
    const good = [
      ['engine/loop.ts', "import { plan } from '../dag/plan.js';\n// any way, Date.now"],
      ['queue/executor.ts', "import type { TaskError } from '../journal/records/record.js';"],
      ['journal/file/codec.ts', "import { crc32 } from 'node:zlib';"],
      ['dag/plan.ts', 'f();\n// why\n\n'.repeat(300)],
      [
        'runners/process/process.ts',
        "import type { Options } from 'execa';\nawait import('execa');",
      ],
    ] as const;
    expect(violations(new Map(good))).toEqual([]);
  });

  it('sees every way to import', () => {
    const text = `import 'a';
import b, { c as d } from "b";
import * as e from 'e';
import type { F } from 'f';
import {
  g, // import 'comment'
  type H,
} from 'g';
export { i } from 'i';
export * from 'j';
export type { K } from 'k';
/* import 'l'; */
const m = await import('m');
export const text = "import 'n'";
export const url = 'http://example.org'; export default f;`;
    expect(
      importsOf(text).map((it) => (it.typeOnly ? `${it.specifier}:type` : it.specifier)),
    ).toEqual(['a', 'b', 'e', 'f:type', 'g', 'i', 'j', 'k:type', 'm']);
  });
});
