import { describe, expect, it } from 'vitest';
import { defineWorkflow, type StoppedRun } from '../../src/index.js';
import { EngineRig, quiet, sketch } from '../support/engine-rig.js';

const two = sketch({ a: {}, b: { needs: ['a'] } });

/** No file takes anything any more; what the reserve gives back is for the ends of what runs only. */
function full(rig: EngineRig): void {
  rig.disk.fail('write', '', 'ENOSPC');
}

/** A run that stopped because the disk is full. */
async function stopped(rig: EngineRig): Promise<void> {
  const run = await rig.start(two);
  const a = await rig.runner.started('a');
  full(rig);
  a.succeed();
  await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
}

/** Resolves when the run is worked on again. */
async function goneOn(rig: EngineRig, id = 'r'): Promise<void> {
  while (rig.orchestrator.stopped().some(({ run }) => run === id)) await quiet();
}

describe('a run that stopped because the disk is full', () => {
  it('goes on by itself when there is space, and nothing new is taken before', async () => {
    const rig = await EngineRig.open();
    await stopped(rig);
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r', code: 'NUFLOW_JOURNAL_WRITE' }]);
    for (let looks = 0; looks < 3; looks++) {
      await rig.clock.pass(5_000);
      await quiet();
      await expect(rig.start(two, { id: 'new' })).rejects.toMatchObject({
        code: 'NUFLOW_DISK_FULL',
      });
    }
    expect(rig.orchestrator.get('r')).toBeUndefined();
    rig.disk.heal();
    await rig.clock.pass(5_000);
    await goneOn(rig);
    expect(rig.orchestrator.stopped()).toEqual([]);
    rig.runner.onStart = (attempt) => attempt.succeed();
    for (const attempt of rig.runner.attempts) attempt.succeed();
    await rig.orchestrator.get('r')?.ended;
    expect((await rig.orchestrator.inspect('r')).status).toBe('succeeded');
  });

  it('leaves an orchestrator that is not ready, until there is space', async () => {
    const rig = await EngineRig.open();
    await expect(rig.orchestrator.ready()).resolves.toBeUndefined();
    await stopped(rig);
    await expect(rig.orchestrator.ready()).rejects.toMatchObject({ code: 'NUFLOW_DISK_FULL' });
    rig.disk.heal();
    await expect(rig.orchestrator.ready()).resolves.toBeUndefined();
    await rig.orchestrator.close({ mode: 'detach' });
    await expect(rig.orchestrator.ready()).rejects.toMatchObject({ code: 'NUFLOW_CLOSED' });
  });

  it('goes on with its functions, though only start was given them', async () => {
    const rig = await EngineRig.open();
    let isOver = false;
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const a = t.task('a', { runner: 'test' });
        const b = t.fn('b', {
          needs: [a],
          run: () => {
            isOver = true;
          },
        });
        return { b };
      },
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const a = await rig.runner.started('a');
    full(rig);
    a.succeed();
    await expect(run.ended).rejects.toThrow('ENOSPC');
    rig.disk.heal();
    await rig.clock.pass(5_000);
    (await rig.runner.started('a', 2)).succeed();
    while (!isOver) await quiet();
  });

  it('is cancelled by the signal it was started with', async () => {
    const rig = await EngineRig.open();
    const cancel = new AbortController();
    const run = await rig.start(two, { signal: cancel.signal });
    const a = await rig.runner.started('a');
    full(rig);
    a.succeed();
    await expect(run.ended).rejects.toThrow('ENOSPC');
    cancel.abort();
    rig.disk.heal();
    rig.runner.onStart = (attempt) => attempt.interrupted();
    await rig.clock.pass(5_000);
    while ((await rig.orchestrator.inspect('r')).status !== 'cancelled') await quiet();
  });

  it('is told of once, however often there is no space', async () => {
    const rig = await EngineRig.open();
    const heard: StoppedRun[] = [];
    rig.orchestrator.onStopped((one) => heard.push(one));
    await stopped(rig);
    for (let looks = 0; looks < 5; looks++) await rig.clock.pass(5_000).then(quiet);
    expect(heard).toHaveLength(1);
  });

  it('goes on too when it was refused at first for want of space', async () => {
    const rig = await EngineRig.open();
    await rig.start(two);
    await rig.runner.started('a');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.disk.failNext('size', 'reserve', 'ENOSPC');
    rig.disk.fail('open', 'reserve', 'ENOSPC');
    await rig.restart();
    expect((await rig.orchestrator.resumeAll()).refused).toMatchObject([{ id: 'r' }]);
    rig.disk.heal();
    await rig.clock.pass(5_000);
    await goneOn(rig);
  });

  it('stands still when its journal failed for another reason: that takes a person', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    const a = await rig.runner.started('a');
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    a.succeed();
    await expect(run.result).rejects.toThrow('EIO');
    rig.disk.heal();
    expect(rig.clock.awaited).not.toContain(5_000);
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r' }]);
  });

  it('is left alone once the orchestrator is closed', async () => {
    const rig = await EngineRig.open();
    await stopped(rig);
    await rig.orchestrator.close();
    expect(rig.clock.awaited).not.toContain(5_000);
  });
});
