import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SourceFiles } from '../../../src/runners/nushell/standby/source-files.js';
import { temporaryFolder } from '../attempts.js';

const all = temporaryFolder();

describe('the source files of a program', () => {
  let folder: string;
  let sources: SourceFiles | undefined;
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const list = (text: string, includePaths: readonly string[] = []): void => {
    const include = includePaths.map((path) => join(folder, path));
    sources = SourceFiles.of(text, { folder, includePaths: include });
  };
  beforeEach(() => {
    folder = mkdtempSync(join(all, 'sources-'));
    write('a.nu', 'export use lib/b.nu *\nexport def a [] { b }\n');
    write('lib/b.nu', "use 'deep'\nexport def b [] { 1 }\n");
    write('lib/deep/mod.nu', 'export module c.nu\n');
    write('lib/deep/c.nu', 'export def c [] { 1 }\n');
    write('other/d.nu', '# use $nothing\nexport def "use it" [] { print "use (this)" }\n');
  });

  it.each(['a.nu', 'lib/b.nu', 'lib/deep/mod.nu', 'lib/deep/c.nu'])(
    'are changed when %s is: what is used, and what that uses',
    (path) => {
      list("use r#'a.nu'# *\n");
      expect(sources?.areUnchanged).toBe(true);
      write(path, 'export def a [] { 2 }\n');
      expect(sources?.areUnchanged).toBe(false);
    },
  );

  it('are changed by a touch, and not by other files', () => {
    list('do { source "a.nu" }');
    write('lib/unused.nu', '1');
    expect(sources?.areUnchanged).toBe(true);
    utimesSync(join(folder, 'lib/b.nu'), 1, 1);
    expect(sources?.areUnchanged).toBe(false);
  });

  it('are changed when a file comes that would be found before', () => {
    list('overlay use d.nu', ['first', 'other']);
    expect(sources?.areUnchanged).toBe(true);
    write('first/d.nu', '');
    expect(sources?.areUnchanged).toBe(false);
  });

  it.each([
    'use $path',
    'use (path self lib)',
    'source $"($x).nu"',
    'const a = 1; use "\\u{61}.nu"',
  ])('can not be told for %s', (text) => {
    list(text);
    expect(sources).toBe(undefined);
  });

  it('are none for a program that uses nothing, whatever its words', () => {
    list('print use $x; "it is of use (here)"\n1 + 1');
    expect(sources?.areUnchanged).toBe(true);
  });
});
