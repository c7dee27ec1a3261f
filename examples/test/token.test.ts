import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readOrMakeToken, tokenPath } from '../daemon/token.js';

const TOKEN = 'planted-planted-planted-planted-planted-pla';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nuflow-token-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
});

describe('the token of a data directory', () => {
  it('is made once, and read again', async () => {
    const token = await readOrMakeToken(dataDir);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await readOrMakeToken(dataDir)).toBe(token);
  });

  it.each([
    [
      'a link to a token',
      (path: string) => {
        writeFileSync(`${path}.other`, TOKEN, { mode: 0o600 });
        symlinkSync(`${path}.other`, path);
      },
    ],
    ['a link to nowhere', (path: string) => symlinkSync('nowhere', path)],
    ['a named pipe', (path: string) => void execFileSync('mkfifo', ['-m', '600', path])],
    ['a directory', (path: string) => mkdirSync(path, { mode: 0o700 })],
  ])('is refused when it is %s', async (_, put) => {
    put(tokenPath(dataDir));
    await expect(readOrMakeToken(dataDir)).rejects.toThrow(`${tokenPath(dataDir)} is no regular`);
  });

  it('is refused when others can read it', async () => {
    writeFileSync(tokenPath(dataDir), TOKEN);
    chmodSync(tokenPath(dataDir), 0o640);
    await expect(readOrMakeToken(dataDir)).rejects.toThrow('can be read by others');
  });

  it.runIf(process.getuid?.() === 0)(
    'is refused when it belongs to another user (root only)',
    async () => {
      writeFileSync(tokenPath(dataDir), TOKEN, { mode: 0o600 });
      chownSync(tokenPath(dataDir), 1, 1);
      await expect(readOrMakeToken(dataDir)).rejects.toThrow('belongs to another user');
    },
  );
});
