import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePipes } from '../../../src/runners/private/pipes.js';
import {
  isOurs,
  makePrivateFolder,
  privateFolders,
  resultPath,
} from '../../../src/runners/private/private-folder.js';
import { sealResult } from '../../../src/runners/private/seal.js';
import { unlinkedFile } from '../../../src/runners/private/unlinked-file.js';
import { MAX_RESULT, readResult } from '../../../src/runners/process/result-file.js';
import type { AttemptRef } from '../../../src/runners/runner.js';
import { Redactor } from '../../../src/secrets/redactor.js';
import { AttemptRig, temporaryFolder } from '../attempts.js';

const TOKEN = 'v3ry-s3cret';
const redactor = new Redactor([{ name: 'TOKEN', value: TOKEN }]);
const all = temporaryFolder();

describe('a file without a name', () => {
  it('is read from its start, by whoever inherits it, and is found nowhere', () => {
    const folder = mkdtempSync(join(all, 'passing-'));
    const fd = unlinkedFile(folder, `${TOKEN} ä\n`);
    try {
      expect(readdirSync(folder)).toEqual([]);
      expect(fstatSync(fd)).toMatchObject({ nlink: 0, mode: 0o100600 });
      const read = execFileSync('cat', { stdio: [fd, 'pipe', 'inherit'] });
      expect(read.toString()).toBe(`${TOKEN} ä\n`);
    } finally {
      closeSync(fd);
    }
  });

  it('may be empty, or big', () => {
    for (const text of ['', 'x'.repeat(3_000_000)]) {
      const fd = unlinkedFile(all, text);
      expect(readFileSync(fd, 'utf8')).toBe(text);
      closeSync(fd);
    }
  });
});

describe('a pipe', () => {
  it('can be opened again by its reader’s and writer’s own names, as files can', async () => {
    const folder = mkdtempSync(join(all, 'pipes-'));
    const { a, b } = await makePipes(folder, 'a', 'b');
    expect(readdirSync(folder)).toEqual([]);
    execFileSync('sh', ['-c', 'echo one; echo two > /dev/stdout; echo three > /dev/stderr'], {
      stdio: ['ignore', a.write, b.write],
    });
    for (const fd of [a.write, b.write]) closeSync(fd);
    expect(readFileSync(a.read, 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(b.read, 'utf8')).toBe('three\n');
    for (const fd of [a.read, b.read]) closeSync(fd);
  });
});

describe('the private folder of an attempt', () => {
  const placeOf = (complete = true): AttemptRef => {
    const folder = mkdtempSync(join(all, 'run-'));
    const { attempt } = new AttemptRig(folder, { secrets: { redactor, complete } });
    mkdirSync(attempt.dir);
    return attempt;
  };
  const kept = (place: AttemptRef) => join(place.dir, 'result.json');
  const seal = async (place: AttemptRef) => {
    await sealResult(place, place.secrets ?? { redactor, complete: true });
    return existsSync(kept(place)) ? readFileSync(kept(place), 'utf8') : undefined;
  };
  const left = (place: AttemptRef, text: string) => {
    makePrivateFolder(place.cookie, place.dir);
    writeFileSync(resultPath(place), text);
    return place;
  };

  it('holds the result until it is redacted and kept; then it is gone', async () => {
    const place = left(placeOf(), JSON.stringify({ ok: true, value: { [TOKEN]: [TOKEN, 1] } }));
    expect(await seal(place)).toBe('{"ok":true,"value":{"[secret TOKEN]":["[secret TOKEN]",1]}}');
    expect(privateFolders(place.cookie, place.dir).filter(existsSync)).toEqual([]);
    expect(await seal(place)).toContain('[secret TOKEN]'); // done again, it changes nothing
  });

  it('holds what is no JSON, too', async () => {
    expect(await seal(left(placeOf(), `{"ok":true,"value":"${TOKEN}`))).toBe(
      '{"ok":true,"value":"[secret TOKEN]',
    );
  });

  it('holds what is no result, with secrets in the places of keys, or in other letters', async () => {
    const escaped = JSON.stringify([TOKEN]).replace(
      /[a-z]/,
      (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
    );
    expect(JSON.parse(escaped)).toEqual([TOKEN]);
    expect(await seal(left(placeOf(), escaped))).toBe('["[secret TOKEN]"]');
    const error = { msg: 'x', labels: [{ text: 'y', [TOKEN]: 1 }], [TOKEN]: TOKEN };
    const text = JSON.stringify({ ok: false, error, [TOKEN]: true });
    expect(await seal(left(placeOf(), text))).toBe(
      text.replaceAll(JSON.stringify(TOKEN), '"[secret TOKEN]"'),
    );
  });

  it('is removed with all that a crash in the middle of a start left there', async () => {
    const place = placeOf();
    const folder = makePrivateFolder(place.cookie, place.dir);
    execFileSync('mkfifo', [join(folder, 'stdout')]);
    writeFileSync(join(folder, 'nuflow-0'), '');
    expect(await seal(place)).toBe(undefined);
    expect(existsSync(folder)).toBe(false);
  });

  it('is not read when it is too big, and then seen to be', async () => {
    const place = left(placeOf(), '');
    truncateSync(resultPath(place), MAX_RESULT + 1);
    await sealResult(place, place.secrets ?? { redactor, complete: true });
    expect(await readResult(kept(place))).toMatchObject({
      refused: { error: { code: 'NUFLOW_OUTPUT_TOO_BIG' } },
    });
  });

  it('is just removed when there is no result, or not all secrets are known', async () => {
    for (const place of [placeOf(), left(placeOf(false), '{"ok":true}')]) {
      if (place.secrets?.complete) makePrivateFolder(place.cookie, place.dir);
      expect(await seal(place)).toBe(undefined);
      expect(privateFolders(place.cookie, place.dir).filter(existsSync)).toEqual([]);
    }
  });

  it('is believed only when nobody else could have written there', async () => {
    const place = placeOf();
    const [inMemory = ''] = privateFolders(place.cookie, place.dir);
    if (makePrivateFolder(place.cookie, place.dir) !== inMemory) return; // there is only the attempt's own
    writeFileSync(resultPath(place), '{"ok":true}');
    chmodSync(inMemory, 0o755);
    expect(isOurs(inMemory)).toBe(false);
    expect(await seal(place)).toBe(undefined);
    rmSync(inMemory, { recursive: true });
    symlinkSync(place.dir, inMemory);
    expect(isOurs(inMemory)).toBe(false);
    rmSync(inMemory);
  });

  it('is in the attempt’s own folder where there is none in memory', async () => {
    const place = placeOf();
    const [, inAttempt = ''] = privateFolders(place.cookie, place.dir);
    expect(inAttempt).toBe(join(place.dir, 'private'));
    mkdirSync(inAttempt, { mode: 0o700 });
    writeFileSync(
      join(inAttempt, 'result.json'),
      JSON.stringify({ ok: false, error: { msg: TOKEN } }),
    );
    expect(await seal(place)).toBe('{"ok":false,"error":{"msg":"[secret TOKEN]"}}');
    expect(existsSync(inAttempt)).toBe(false);
  });
});
