import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NushellNotFoundError } from '../../../src/errors.js';
import { findNushell, nushellVersion } from '../../../src/runners/nushell/find-nushell.js';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { errorOf, NUSHELLS, temporaryFolder } from '../attempts.js';

const [[, binary], [, older]] = NUSHELLS;
const PACKAGE = `@nushell/${process.platform}-${process.arch}`;

describe('findNushell', () => {
  const folder = temporaryFolder();
  let count = 0;
  const place = (): string => {
    const path = join(folder, `place-${count++}`);
    mkdirSync(path);
    return path;
  };
  const program = (path: string, text: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  };
  /** A folder with nushell installed by npm; `bin` is what npm puts on PATH. */
  const installed = (): { root: string; bin: string; real: string } => {
    const root = place();
    const real = program(join(root, 'node_modules', PACKAGE, 'bin', 'nu'), 'ELF');
    const launcher = program(
      join(root, 'node_modules/nushell/lib/index.js'),
      '#!/usr/bin/env node\n',
    );
    writeFileSync(join(root, 'node_modules/nushell/package.json'), '{"name":"nushell"}');
    const bin = join(root, 'node_modules/.bin');
    mkdirSync(bin);
    symlinkSync(launcher, join(bin, 'nu'));
    return { root, bin, real };
  };

  it('takes the binary it is told, before all else', () => {
    const env = { NUFLOW_NU: older, PATH: installed().bin };
    expect(findNushell({ binary, env })).toBe(binary);
    expect(
      findNushell({
        binary: 'tools/nu',
        baseDir: dirname(dirname(program(join(place(), 'tools/nu'), 'ELF'))),
        env,
      }),
    ).toMatch(/tools\/nu$/);
  });

  it('takes NUFLOW_NU before PATH', () => {
    expect(findNushell({ env: { NUFLOW_NU: older, PATH: installed().bin } })).toBe(older);
  });

  it('looks for a name on PATH, in order, at what can be executed', () => {
    const [none, first, second] = [place(), place(), place()];
    writeFileSync(join(none, 'nu'), 'not executable');
    mkdirSync(join(first, 'nu'));
    const real = program(join(second, 'nu'), 'ELF');
    const env = { PATH: [none, first, 'relative', '', second].join(':') };
    expect(findNushell({ env })).toBe(real);
    expect(findNushell({ binary: 'nu', env })).toBe(real);
  });

  it('looks through the Node program that npm puts on PATH', () => {
    const { bin, real } = installed();
    expect(findNushell({ env: { PATH: bin } })).toBe(real);
    expect(findNushell({ binary: join(bin, 'nu'), env: {} })).toBe(real);
  });

  it('takes the npm package of the project, else the one beside the library', () => {
    const { root, real } = installed();
    expect(findNushell({ baseDir: root, env: { PATH: '' } })).toBe(real);
    expect(findNushell({ baseDir: place(), env: { PATH: '' } })).toBe(binary);
  });

  it('refuses a binary that is named but not there, without trying others', () => {
    for (const options of [
      { binary: '/no/nu' },
      { binary: 'no-nu' },
      { env: { NUFLOW_NU: '/no/nu', PATH: installed().bin } },
    ]) {
      expect(() => findNushell({ env: { PATH: '' }, ...options })).toThrow(NushellNotFoundError);
      expect(() => findNushell({ env: { PATH: '' }, ...options })).toThrow('npm install nushell');
    }
  });

  it.each(NUSHELLS)('tells the version %s of a binary', async (version, path) => {
    expect(await nushellVersion(path)).toMatch(
      new RegExp(`^${version.replace('.', '\\.')}\\.\\d+$`),
    );
  });
});

describe('a runner without Nushell', () => {
  const folder = temporaryFolder();

  it('refuses to get ready, and says what to do', async () => {
    await expect(new NushellRunner({ binary: '/no/nu' }).prepare()).rejects.toThrow(
      NushellNotFoundError,
    );
    const broken = join(folder, 'nu');
    writeFileSync(broken, 'not a program');
    chmodSync(broken, 0o755);
    await expect(new NushellRunner({ binary: broken }).prepare()).rejects.toThrow(
      NushellNotFoundError,
    );
  });

  it('fails its attempts', async () => {
    const error = await errorOf(new NushellRunner({ binary: '/no/nu' }), folder, { code: '1' });
    expect(error.code).toBe('NUFLOW_NU_NOT_FOUND');
  });
});
