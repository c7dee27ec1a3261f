import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly resolved?: string;
}

const { packages } = JSON.parse(
  readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'),
) as { readonly packages: Readonly<Record<string, Locked>> };

/** Nushell's binaries for other systems than the tests run on: the registry behind this file has none to take a checksum of. */
const UNCHECKED = /(^|\/)node_modules\/@nushell\/(darwin|windows|linux)-(arm64|x64|arm|riscv64)$/;

const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
);

describe('the lockfile', () => {
  it('has a checksum of every package, of those for other systems too', () => {
    const without = installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(without.map(([path]) => path).filter((path) => !UNCHECKED.test(path))).toEqual([]);
    for (const [, { optional }] of without) expect(optional).toBe(true);
  });

  it('has a checksum of the Nushell binaries that CI runs', () => {
    const binaries = installed.filter(([path]) => path.endsWith('@nushell/linux-x64'));
    expect(binaries.map(([, { version }]) => version)).toEqual(['0.115.1', '0.108.0']);
    for (const [, { integrity }] of binaries) expect(integrity).toMatch(/^sha512-/);
  });

  it('names versions and checksums, and no registry', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});
