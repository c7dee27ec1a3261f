import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { STATUS_BY_CODE } from '../daemon/statuses.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const ERROR_CLASS = /class \w+ extends NuflowError \{(.*?)\n\}/gs;
const CODE = /super\(\s*'(NUFLOW_\w+)'/;

/** Code of each error that the library throws. */
function thrownCodes(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((it) => it.endsWith('.ts'))
    .map((it) => readFileSync(join(SRC, it), 'utf8'));
  const classes = texts.flatMap((text) => [...text.matchAll(ERROR_CLASS)].map(([, body]) => body));
  // The error of a workflow file has the code of what is wrong in it.
  const ownCode = classes.filter((body) => !body?.includes('super(code,'));
  return ownCode.map((body) => CODE.exec(body ?? '')?.[1] ?? 'a class without a code');
}

describe('an error of the library', () => {
  it('has a status of its own in the daemon, whichever it is (statuses.ts)', () => {
    const codes = thrownCodes();
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !STATUS_BY_CODE.has(code))).toEqual([]);
  });

  it('that no class has is not in the table', () => {
    const codes = new Set(thrownCodes());
    expect([...STATUS_BY_CODE.keys()].filter((code) => !codes.has(code))).toEqual([]);
  });
});
