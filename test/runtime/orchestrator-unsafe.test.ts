import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Orchestrator } from '../../src/index.js';
import { listRuns, readEvents } from '../../src/inspect.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

const two = sketch({ a: {}, b: { needs: ['a'] } });
const isRoot = process.getuid?.() === 0;
const why = isRoot ? '' : ' (skipped: only root can give files away)';

/** Things that are no regular files, put at a path. */
const OTHERS = [
  [
    'a link to a file',
    (path: string) => {
      writeFileSync(`${path}.other`, 'theirs');
      symlinkSync(`${path}.other`, path);
    },
  ],
  ['a link to nowhere', (path: string) => symlinkSync('nowhere', path)],
  ['a named pipe', (path: string) => void execFileSync('mkfifo', [path])],
  ['a directory', (path: string) => mkdirSync(path)],
] as const;

/** A rig with a run `r` that was at work, closed. */
async function closed(): Promise<EngineRig> {
  const rig = await EngineRig.open();
  const run = await rig.start(two);
  await eventOf(run, 'task.started');
  await rig.orchestrator.close({ mode: 'detach' });
  return rig;
}

describe('a data directory', () => {
  it.each([0o777, 0o770, 0o702, 0o1777])(
    'that others can write in is refused: mode %o',
    async (mode) => {
      const rig = await closed();
      for (const path of [rig.dataDir, join(rig.dataDir, 'runs')]) {
        chmodSync(path, mode);
        await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toMatchObject({
          code: 'NUFLOW_UNSAFE_DIR',
          message: expect.stringContaining(`chmod go-w '${path}'`),
        });
        chmodSync(path, 0o700);
      }
      await (await Orchestrator.open({ dataDir: rig.dataDir })).close();
    },
  );

  it('that others can read, and a link to one, are taken', async () => {
    const rig = await closed();
    chmodSync(rig.dataDir, 0o755);
    const link = join(rig.dataDir, 'link');
    symlinkSync(rig.dataDir, link);
    await (await Orchestrator.open({ dataDir: link })).close();
  });

  it('whose folder of runs is a link is refused', async () => {
    const rig = await closed();
    renameSync(join(rig.dataDir, 'runs'), join(rig.dataDir, 'elsewhere'));
    symlinkSync('elsewhere', join(rig.dataDir, 'runs'));
    await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toMatchObject({
      code: 'NUFLOW_UNSAFE_DIR',
    });
  });

  it.runIf(isRoot)(
    `of another user is refused, for root too, and nothing is made in it${why}`,
    async () => {
      const rig = await closed();
      for (const path of [rig.dataDir, join(rig.dataDir, 'runs')]) {
        chownSync(path, 1, 1);
        await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toMatchObject({
          code: 'NUFLOW_UNSAFE_DIR',
          message: expect.stringContaining('another user (uid 1, not 0)'),
        });
        chownSync(path, 0, 0);
      }
      rmSync(join(rig.dataDir, 'runs'), { recursive: true });
      chownSync(rig.dataDir, 1, 1);
      await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toThrow();
      expect(existsSync(join(rig.dataDir, 'runs'))).toBe(false);
    },
  );
});

describe.each(OTHERS)('%s', (_, put) => {
  it.each(['lock', 'index.json'])(
    'in place of %s keeps the directory from being opened',
    async (name) => {
      const rig = await closed();
      const path = join(rig.dataDir, name);
      rmSync(path, { force: true });
      put(path);
      await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toMatchObject({
        code: 'NUFLOW_UNSAFE_FILE',
        details: { path },
      });
    },
  );

  it('in place of the reserve keeps runs from starting', async () => {
    const rig = await closed();
    const path = join(rig.dataDir, 'reserve');
    rmSync(path);
    put(path);
    await rig.restart();
    const refusal = { code: 'NUFLOW_UNSAFE_FILE', details: { path } };
    await expect(rig.start(two, { id: 'new' })).rejects.toMatchObject(refusal);
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(refusal);
  });

  it('in place of a journal refuses its run, for readers too, and others go on', async () => {
    const rig = await closed();
    await rig.restart();
    await rig.start(two, { id: 'other' });
    await rig.orchestrator.close({ mode: 'detach' });
    const path = rig.journalPath();
    renameSync(path, `${path}.kept`);
    put(path);
    const refusal = { code: 'NUFLOW_UNSAFE_FILE', details: { path } };
    await rig.restart();
    const { runs, refused } = await rig.orchestrator.resumeAll();
    expect(runs.map(({ id }) => id)).toEqual(['other']);
    expect(refused).toMatchObject([{ id: 'r', error: refusal }]);
    await expect(rig.start(two)).rejects.toMatchObject(refusal);
    await expect(rig.orchestrator.inspect('r')).rejects.toMatchObject(refusal);
    await expect(readEvents(rig.dataDir, 'r').next()).rejects.toMatchObject(refusal);
    if (existsSync(`${path}.other`)) expect(readFileSync(`${path}.other`, 'utf8')).toBe('theirs');
  });
});

describe('a folder of a run', () => {
  it.each(['copied', 'renamed'])(
    'that was %s is refused by both names, and listed so',
    async (how) => {
      const rig = await closed();
      const folder = dirname(rig.journalPath());
      if (how === 'copied') cpSync(folder, join(dirname(folder), 'copy'), { recursive: true });
      else renameSync(folder, join(dirname(folder), 'copy'));
      await rig.restart();
      const refusal = {
        code: 'NUFLOW_RUN_FOLDER',
        details: { run: 'copy', recorded: 'r', file: rig.journalPath('copy') },
      };
      await expect(rig.orchestrator.resume('copy')).rejects.toMatchObject(refusal);
      await expect(rig.start(two, { id: 'copy' })).rejects.toMatchObject(refusal);
      await expect(rig.orchestrator.cancel('copy')).rejects.toMatchObject(refusal);
      await expect(rig.orchestrator.inspect('copy')).rejects.toMatchObject(refusal);
      const { runs, refused } = await rig.orchestrator.resumeAll();
      expect(runs.map(({ id }) => id)).toEqual(how === 'copied' ? ['r'] : []);
      expect(refused).toMatchObject([{ id: 'copy', error: refusal }]);
      expect((await listRuns(rig.dataDir)).find(({ id }) => id === 'copy')).toMatchObject({
        status: 'damaged',
        problem: { code: 'NUFLOW_RUN_FOLDER', message: expect.stringContaining('"copy"') },
      });
    },
  );

  it('that is a link, or holds one in place of its outputs, is refused', async () => {
    const rig = await closed();
    const folder = dirname(rig.journalPath());
    renameSync(folder, join(rig.dataDir, 'elsewhere'));
    symlinkSync('../elsewhere', folder);
    await rig.restart();
    const refusal = { code: 'NUFLOW_UNSAFE_DIR' };
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(refusal);
    rmSync(folder);
    renameSync(join(rig.dataDir, 'elsewhere'), folder);
    mkdirSync(join(rig.dataDir, 'away'));
    symlinkSync('../../away', join(folder, 'outputs'));
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).succeed('x'.repeat(300 * 1024));
    await expect(run.ended).rejects.toMatchObject(refusal);
  });
});
