import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Orchestrator } from '../../src/index.js';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';

const two = sketch({ a: {}, b: { needs: ['a'] } });
const gone = (path: string): void => rmSync(path, { recursive: true });
const aside = (path: string): void => {
  renameSync(path, `${path}.aside`);
  onTestFinished(() => rmSync(`${path}.aside`, { recursive: true, force: true }));
};
/** Another folder with the same in it. */
const replaced = (path: string): void => {
  aside(path);
  cpSync(`${path}.aside`, path, { recursive: true });
};

describe('a run whose journal is not under its name any more', () => {
  it.each([
    ['the journal was removed', (rig: EngineRig) => gone(rig.journalPath())],
    ['the journal was renamed', (rig: EngineRig) => aside(rig.journalPath())],
    ['the journal was replaced', (rig: EngineRig) => replaced(rig.journalPath())],
    ['its folder was removed', (rig: EngineRig) => gone(dirname(rig.journalPath()))],
    ['its folder was renamed', (rig: EngineRig) => aside(dirname(rig.journalPath()))],
    ['its folder was replaced', (rig: EngineRig) => replaced(dirname(rig.journalPath()))],
  ])('stops before it acknowledges or writes anything more: %s', async (_, happens) => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    const other = await rig.start(sketch({ c: {} }), { id: 'other' });
    await eventOf(run, 'task.started');
    const a = await rig.runner.started('a');
    const c = await rig.runner.started('c');
    happens(rig);
    a.succeed();
    await expect(run.result).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_MOVED',
      details: { file: rig.journalPath() },
    });
    await quiet();
    expect(statuses(run)).toEqual({ a: 'running', b: 'pending' });
    expect(rig.runner.of('b')).toEqual([]);
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r', code: 'NUFLOW_JOURNAL_MOVED' }]);
    for (const name of readdirSync(join(rig.dataDir, 'runs'), { recursive: true }))
      if (String(name).includes('journal.ndjson'))
        expect(readFileSync(join(rig.dataDir, 'runs', String(name)), 'utf8')).not.toContain(
          'task.succeeded',
        );
    c.succeed();
    expect((await other.result).status).toBe('succeeded');
  });

  it('goes on when it was put back', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    await eventOf(run, 'task.started');
    aside(rig.journalPath());
    (await rig.runner.started('a')).succeed();
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_MOVED' });
    renameSync(`${rig.journalPath()}.aside`, rig.journalPath());
    await rig.orchestrator.resume('r', { workflow: two as never });
    (await rig.runner.started('a', 2)).succeed();
    (await rig.runner.started('b')).succeed();
    await rig.orchestrator.get('r')?.ended;
    expect((await rig.orchestrator.inspect('r')).status).toBe('succeeded');
  });
});

describe('a data directory that is not under its name any more', () => {
  it.each([
    ['removed', gone],
    ['renamed', aside],
    ['replaced', replaced],
  ])('stops all that is at work in it, and takes nothing new: %s', async (_, happens) => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    const a = await rig.runner.started('a');
    happens(rig.dataDir);
    const refusal = { code: 'NUFLOW_DATA_DIR_MOVED', details: { dataDir: rig.dataDir } };
    a.succeed();
    await expect(run.result).rejects.toMatchObject(refusal);
    await expect(rig.start(two, { id: 'new' })).rejects.toMatchObject(refusal);
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(refusal);
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r', code: 'NUFLOW_DATA_DIR_MOVED' }]);
    if (happens !== replaced) expect(() => statSync(rig.dataDir)).toThrow('ENOENT');
  });

  it('leaves the one alone that is there now', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    const a = await rig.runner.started('a');
    aside(rig.dataDir);
    mkdirSync(rig.dataDir, { mode: 0o700 });
    const second = await Orchestrator.open({ dataDir: rig.dataDir });
    onTestFinished(() => second.close());
    writeFileSync(join(rig.dataDir, 'index.json'), 'of the second');
    a.succeed();
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_DATA_DIR_MOVED' });
    await rig.orchestrator.close();
    expect(readFileSync(join(rig.dataDir, 'index.json'), 'utf8')).toBe('of the second');
    const third = Orchestrator.open({ dataDir: rig.dataDir });
    await expect(third).rejects.toMatchObject({ code: 'NUFLOW_DATA_DIR_LOCKED' });
  });

  it('is locked whatever it is called, and when its lock file was removed', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    rmSync(join(rig.dataDir, 'lock'));
    const locked = { code: 'NUFLOW_DATA_DIR_LOCKED' };
    await expect(Orchestrator.open({ dataDir: rig.dataDir })).rejects.toMatchObject(locked);
    (await rig.runner.started('a')).succeed();
    (await rig.runner.started('b')).succeed();
    expect((await run.result).status).toBe('succeeded');
    aside(rig.dataDir);
    const elsewhere = Orchestrator.open({ dataDir: `${rig.dataDir}.aside` });
    await expect(elsewhere).rejects.toMatchObject(locked);
    renameSync(`${rig.dataDir}.aside`, rig.dataDir);
  });
});
