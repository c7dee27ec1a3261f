import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { OutputFiles } from '../../src/journal/outputs/output-files.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { platform, tempDir } from './rig.js';

const PLACE = { run: 'r', index: 6, task: 'Create server!', attempt: 2 };

describe('OutputFiles', () => {
  const root = tempDir();
  let faulty: FaultyFileSystem;
  let runDir: string;
  let files: OutputFiles;
  /** A reader that has read nothing yet. */
  const reader = (): OutputFiles => new OutputFiles(faulty, new DataDir(faulty, root));

  beforeEach(async () => {
    faulty = new FaultyFileSystem(platform.fileSystem);
    files = reader();
    runDir = new DataDir(faulty, root).runDir('r');
    rmSync(runDir, { recursive: true, force: true });
    await platform.fileSystem.makeDir(join(runDir, 'outputs'));
  });

  const value = { text: 'ü€😀\0', list: Array.from({ length: 100_000 }, (_, i) => i) };
  const text = JSON.stringify(value);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const PATH = `outputs/0007-create-server.2-${sha256.slice(0, 12)}.json`;

  it('gives back what was written, named by size and SHA-256', async () => {
    const file = await files.write(PLACE, text);
    expect(file).toEqual({
      path: PATH,
      bytes: Buffer.byteLength(text),
      sha256,
    });
    expect(await reader().read('r', file)).toEqual(value);
    expect(statSync(join(runDir, PATH)).mode & 0o777).toBe(0o600);
    expect(statSync(join(runDir, 'outputs')).mode & 0o777).toBe(0o700);
  });

  it('has the file, its name and its folder on disk before it resolves', async () => {
    await files.write(PLACE, text);
    const path = join(runDir, PATH);
    const done = faulty.log.filter((line) => !/^(write|close) /.test(line) && line.includes('/r'));
    expect(done.slice(done.indexOf(`open ${path}.tmp`))).toEqual([
      `open ${path}.tmp`,
      `sync ${path}.tmp`,
      `rename ${path}`,
      `syncDir ${join(runDir, 'outputs')}`,
      `syncDir ${runDir}`,
    ]);
  });

  it('takes the place of what an attempt wrote that was cut short', async () => {
    writeFileSync(join(runDir, `${PATH}.tmp`), 'half');
    const file = await files.write(PLACE, text);
    expect(await files.write(PLACE, text)).toEqual(file);
    expect(await reader().read('r', file)).toEqual(value);
    expect(existsSync(join(runDir, `${PATH}.tmp`))).toBe(false);
  });

  it('takes no more when it is closed, which waits for what is being written', async () => {
    const writing = files.write(PLACE, text);
    await files.close();
    const done = faulty.log.length;
    expect(existsSync(join(runDir, PATH))).toBe(true);
    await writing;
    expect(faulty.log).toHaveLength(done);
    await expect(files.write(PLACE, text)).rejects.toMatchObject({ code: 'NUFLOW_CLOSED' });
  });

  it('never writes over another output of the attempt', async () => {
    const [one, two] = [await files.write(PLACE, '"one"'), await files.write(PLACE, '"two"')];
    expect(await reader().read('r', one)).toBe('one');
    expect(await reader().read('r', two)).toBe('two');
  });

  it.each([
    ['open', '.tmp'],
    ['write', '.tmp'],
    ['sync', '.tmp'],
    ['rename', '.json'],
    ['syncDir', 'outputs'],
    ['syncDir', '/r'],
  ] as const)('says so when it can not write: %s of %s fails', async (operation, path) => {
    faulty.fail(operation, path, 'ENOSPC');
    await expect(files.write(PLACE, text)).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
      cause: { code: 'ENOSPC' },
      message: expect.stringContaining(PATH),
    });
    expect(existsSync(join(runDir, `${PATH}.tmp`))).toBe(false);
  });

  it.each<[string, (path: string) => void]>([
    ['is missing', (path) => rmSync(path)],
    [`has ${text.length + 1} bytes instead of`, (path) => appendFileSync(path, ' ')],
    ['has 5 bytes instead of', (path) => truncateSync(path, 5)],
    ['has SHA-256', (path) => writeFileSync(path, `"${'x'.repeat(Buffer.byteLength(text) - 2)}"`)],
  ])('refuses a file that %s', async (why, harm) => {
    const file = await files.write(PLACE, text);
    harm(join(runDir, PATH));
    const bytes = why.replace(String(text.length + 1), String(file.bytes + 1));
    await expect(reader().read('r', file)).rejects.toMatchObject({
      code: 'NUFLOW_OUTPUT_FILE',
      message: expect.stringContaining(`${PATH} ${bytes}`),
    });
  });

  it('gives back what is far bigger than what is read at a time', async () => {
    const big = 'x'.repeat(3_000_000);
    const file = await files.write(PLACE, JSON.stringify(big));
    expect(await reader().read('r', file)).toBe(big);
  });

  it('says what the system says when a file can not be read', async () => {
    const file = await files.write(PLACE, text);
    faulty.fail('open', PATH, 'EMFILE');
    const failed = reader().read('r', file);
    await expect(failed).rejects.toMatchObject({
      code: 'NUFLOW_OUTPUT_FILE',
      cause: { code: 'EMFILE' },
    });
    faulty.heal();
    expect(await reader().read('r', file)).toEqual(value);
  });

  it.each(['../../../etc/passwd', '/etc/passwd', 'outputs/../../x', 'tasks/x', 'outputs/'])(
    'follows no record to %j',
    async (path) => {
      const file = { path, sha256: '', bytes: 1 };
      await expect(files.read('r', file)).rejects.toMatchObject({ code: 'NUFLOW_OUTPUT_FILE' });
    },
  );
});
