import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineWorkflow, type RunEvent, type Workflow } from '../../src/index.js';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';
import type { Operation } from '../support/faulty-file-system.js';

describe('a run whose journal can not be written', () => {
  it.each<Operation>(['write', 'sync'])('stops when a %s fails, and says so', async (operation) => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] }, other: {} }));
    await eventOf(run, 'task.started', 'other');
    const a = await rig.runner.started('a');
    const other = await rig.runner.started('other');
    const before = rig.durableText();
    const heard: RunEvent[] = [];
    run.on('*', (event) => heard.push(event));

    rig.disk.fail(operation, 'journal.ndjson', 'EIO');
    a.succeed();
    await expect(run.result).rejects.toMatchObject({
      name: 'JournalWriteError',
      code: 'NUFLOW_JOURNAL_WRITE',
      message: expect.stringContaining('EIO'),
    });
    other.succeed();
    other.print('still talking');
    await quiet();
    expect(heard.filter(({ type }) => type !== 'task.output')).toEqual([]);
    expect(statuses(run)).toEqual({ a: 'running', b: 'pending', other: 'running' });
    expect(rig.runner.of('b')).toEqual([]);
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect(rig.durableText()).toBe(before);
    await expect(run.cancel()).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
  });

  it('ends its event iterators, and every later one at what is on disk', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const types = async () => {
      const all: string[] = [];
      for await (const { type } of run.events()) all.push(type);
      return all;
    };
    const following = types();
    await eventOf(run, 'task.started');
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    a.succeed();
    await expect(run.result).rejects.toThrow();
    expect(await following).toEqual(['run.started', 'task.started']);
    expect(await types()).toEqual(['run.started', 'task.started']);
  });

  it('can be resumed when the cause is fixed, in the same process too', async () => {
    const rig = await EngineRig.open();
    const workflow = sketch({ a: {}, b: { needs: ['a'] } });
    const run = await rig.start(workflow);
    const a = await rig.runner.started('a');
    rig.disk.fail('write', 'journal.ndjson', 'ENOSPC');
    a.succeed('lost');
    await expect(run.result).rejects.toMatchObject({ message: expect.stringContaining('ENOSPC') });
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
    });
    rig.disk.heal();
    const resumed = await rig.start(workflow);
    const adopted = await rig.runner.started('a', 2); // nothing was taken over while nothing could be written
    expect(adopted.adopted).toBe(true);
    adopted.succeed('found');
    (await rig.runner.started('b')).succeed();
    expect((await resumed.result).outputs).toEqual({ a: 'found', b: null });
  });

  it('asks its functions to stop, which nobody could take over', async () => {
    const rig = await EngineRig.open();
    let begin: (signal: AbortSignal) => void = () => {};
    const begun = new Promise<AbortSignal>((resolve) => {
      begin = resolve;
    });
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const other = t.task('other', { runner: 'test' });
        const waits = t.fn('waits', {
          run: ({ signal }) => {
            begin(signal);
            return new Promise((resolve) => signal.addEventListener('abort', resolve));
          },
        });
        return { other, waits };
      },
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const signal = await begun;
    const other = await rig.runner.started('other');
    rig.disk.fail('write', 'journal.ndjson', 'EIO');
    other.succeed();
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    expect(signal.aborted).toBe(true);
  });

  it('is opened again only when its functions have ended', async () => {
    const rig = await EngineRig.open();
    const atWork = { now: 0, most: 0, end: (): void => {} };
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        other: t.task('other', { runner: 'test' }),
        deaf: t.fn('deaf', {
          run: async () => {
            atWork.most = Math.max(atWork.most, ++atWork.now);
            await new Promise<void>((resolve) => {
              atWork.end = resolve;
            });
            atWork.now--;
            return null;
          },
        }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const other = await rig.runner.started('other');
    while (atWork.now === 0) await quiet();
    rig.disk.fail('write', 'journal.ndjson', 'EIO');
    other.succeed();
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    rig.disk.heal();
    const resuming = rig.orchestrator.resume('r', { workflow: workflow as unknown as Workflow });
    let isOpen = false;
    void resuming.then(() => {
      isOpen = true;
    });
    // Others that are asked for later are open before it.
    for (const id of ['1', '2', '3', '4', '5']) {
      await rig.start(sketch({ later: {} }), { id });
      await quiet();
    }
    expect([isOpen, atWork.now]).toEqual([false, 1]);
    atWork.end();
    const resumed = await resuming;
    (await rig.runner.started('other', 2)).succeed();
    while (atWork.now === 0) await quiet();
    atWork.end();
    expect((await resumed.result).status).toBe('succeeded');
    expect(atWork.most).toBe(1);
  });

  it('hinders no other run', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    const bad = await rig.start(sketch({ a: {}, b: {} }), { id: 'bad' });
    const a = await rig.runner.started('a');
    const good = await rig.start(sketch({ c: {} }), { id: 'good' });
    rig.disk.fail('sync', 'bad/journal.ndjson', 'EIO');
    a.succeed();
    await expect(bad.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    (await rig.runner.started('c')).succeed();
    expect((await good.result).status).toBe('succeeded');
  });

  it('does not keep close from ending, nor its file open', async () => {
    const rig = await EngineRig.open();
    for (const mode of ['drain', 'stop', 'cancel', 'detach'] as const) {
      const run = await rig.start(sketch({ a: {}, b: {} }), { id: mode });
      const [a] = await rig.runner.atWork(2);
      rig.disk.fail('sync', `${mode}/journal.ndjson`, 'EIO');
      const closing = mode === 'detach' ? undefined : rig.orchestrator.close({ mode });
      a?.succeed();
      await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
      await (closing ?? rig.orchestrator.close({ mode }));
      if (platform() === 'linux') expect(openFiles(rig.dataDir)).toEqual([]);
      await rig.restart();
    }
  });

  it('is not accepted when its folder can not be made or its file not opened', async () => {
    const rig = await EngineRig.open();
    for (const operation of ['makeNewDir', 'open', 'syncDir'] as const) {
      rig.disk.fail(operation, operation === 'open' ? 'journal.ndjson' : '', 'EACCES');
      await expect(rig.start(sketch({ a: {} }), { id: operation })).rejects.toMatchObject({
        code: 'NUFLOW_JOURNAL_WRITE',
      });
      expect(rig.orchestrator.get(operation)).toBeUndefined();
      rig.disk.heal();
    }
    expect(rig.runner.attempts).toEqual([]);
    expect(await rig.orchestrator.list()).toEqual([]);
  });
});

/** What this process has open below a folder. */
function openFiles(folder: string): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return links.filter((path) => path.startsWith(folder));
}

describe('an index that can not be written', () => {
  it('hinders nothing, and is made anew from the journals', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    rig.disk.fail('rename', 'index.json', 'EACCES');
    await (await rig.start(sketch({ a: {} }))).result;
    await rig.restart();
    expect(readdirSync(rig.dataDir)).not.toContain('index.json');
    expect((await rig.orchestrator.list()).map(({ id, status }) => [id, status])).toEqual([
      ['r', 'succeeded'],
    ]);
    rig.disk.heal();
    // A run that was only read is not entered as finished: what was read may not be on disk.
    await rig.restart();
    expect(JSON.parse(readFileSync(`${rig.dataDir}/index.json`, 'utf8'))).toMatchObject({
      runs: [],
    });
    expect(await rig.orchestrator.resumeAll()).toEqual({ runs: [], refused: [] });
    await rig.restart();
    expect(JSON.parse(readFileSync(`${rig.dataDir}/index.json`, 'utf8'))).toMatchObject({
      runs: [{ id: 'r' }],
    });
  });
});

describe('a run that can not be accepted', () => {
  it.each([
    ['write', 'ENOSPC', 'NUFLOW_DISK_FULL'],
    ['sync', 'ENOSPC', 'NUFLOW_DISK_FULL'],
    ['sync', 'EIO', 'NUFLOW_JOURNAL_WRITE'],
    ['open', 'EMFILE', 'NUFLOW_JOURNAL_WRITE'],
  ] as const)('because a %s fails with %s leaves nothing', async (operation, code, expected) => {
    const rig = await EngineRig.open();
    rig.disk.fail(operation, 'journal.ndjson', code);
    await expect(rig.start(sketch({ a: {} }))).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(/Nothing was started.*try again/),
    });
    rig.disk.heal();
    expect(readdirSync(join(rig.dataDir, 'runs'))).toEqual([]);
    await rig.restart();
    expect(await rig.orchestrator.resumeAll()).toEqual({ runs: [], refused: [] });
    expect(rig.runner.attempts).toEqual([]);
    const run = await rig.start(sketch({ a: {} }));
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
  });

  it('says that it may go on when what was begun can not be removed', async () => {
    const rig = await EngineRig.open();
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    rig.disk.fail('remove', 'journal.ndjson', 'EIO');
    await expect(rig.start(sketch({ a: {} }))).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
      message: expect.stringContaining('resume the run'),
    });
  });

  it('leaves nothing either when its first record can not be made', async () => {
    const rig = await EngineRig.open();
    rig.clock.move(8.64e15); // later than any date can be
    await expect(rig.start(sketch({ a: {} }))).rejects.toThrow('Invalid time value');
    expect(readdirSync(join(rig.dataDir, 'runs'))).toEqual([]);
  });
});
