import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StoppedRun } from '../../src/index.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

const two = sketch({ a: {}, b: { needs: ['a'] } });

describe('a run that stops because of an error', () => {
  it.each(['EIO', 'ENOSPC'])('is listed with code, reason and time: %s', async (cause) => {
    const rig = await EngineRig.open({ reserveBytes: 0 });
    const heard: StoppedRun[] = [];
    rig.orchestrator.onStopped(() => {
      throw new Error('a listener');
    });
    rig.orchestrator.onStopped((stopped) => heard.push(stopped));
    const run = await rig.start(two);
    const a = await rig.runner.started('a');
    expect(rig.orchestrator.stopped()).toEqual([]);

    rig.disk.fail('sync', 'journal.ndjson', cause);
    a.succeed();
    await expect(run.result).rejects.toThrow(cause);
    const stopped = {
      run: 'r',
      code: 'NUFLOW_JOURNAL_WRITE',
      message: expect.stringContaining(cause),
      since: new Date(rig.clock.now()).toISOString(),
    };
    expect(rig.orchestrator.stopped()).toEqual([stopped]);
    expect(heard).toEqual([stopped]);
  });

  it('is listed no more when it goes on, nor when it was cancelled', async () => {
    const rig = await EngineRig.open();
    for (const id of ['goes on', 'is cancelled'].map((words) => words.replace(' ', '-'))) {
      const run = await rig.start(two, { id });
      rig.disk.fail('sync', `${id}/journal.ndjson`, 'EIO');
      (await rig.runner.started('a', id === 'goes-on' ? 1 : 2)).succeed();
      await expect(run.result).rejects.toThrow('EIO');
    }
    expect(rig.orchestrator.stopped().map(({ run }) => run)).toEqual(['goes-on', 'is-cancelled']);
    rig.disk.heal();
    await rig.orchestrator.resume('goes-on', { workflow: two as never });
    expect(rig.orchestrator.stopped().map(({ run }) => run)).toEqual(['is-cancelled']);
    rig.runner.onStart = (attempt) => attempt.interrupted();
    await rig.orchestrator.cancel('is-cancelled');
    expect(rig.orchestrator.stopped()).toEqual([]);
  });

  it('keeps the time at which it stopped as long as it can not go on', async () => {
    const rig = await EngineRig.open();
    const heard: StoppedRun[] = [];
    rig.orchestrator.onStopped((stopped) => heard.push(stopped));
    const run = await rig.start(two);
    const a = await rig.runner.started('a');
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    a.succeed();
    await expect(run.result).rejects.toThrow('EIO');
    const [{ since } = { since: '' }] = rig.orchestrator.stopped();
    rig.clock.move(60_000);
    await expect(rig.orchestrator.resume('r')).rejects.toThrow('EIO');
    await rig.orchestrator.resumeAll();
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r', since }]);
    expect(heard).toHaveLength(1);
  });

  it('is not one that was closed', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(two);
    await eventOf(run, 'task.started');
    await rig.orchestrator.close({ mode: 'detach' });
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_RUN_UNFINISHED' });
    expect(rig.orchestrator.stopped()).toEqual([]);
  });
});

describe('a run that resumeAll was refused', () => {
  it('is listed with the code of the refusal, and the others go on', async () => {
    const rig = await EngineRig.open();
    await rig.start(two, { id: 'damaged' });
    await rig.start(two, { id: 'good' });
    await rig.restart();
    writeFileSync(
      rig.journalPath('damaged'),
      '{"seq":1}\n{"seq":2,"durable":1,"crc":"00000000"}\n',
    );
    const { runs, refused } = await rig.orchestrator.resumeAll();
    expect(runs.map(({ id }) => id)).toEqual(['good']);
    expect(refused.map(({ id }) => id)).toEqual(['damaged']);
    expect(rig.orchestrator.stopped()).toMatchObject([
      { run: 'damaged', code: 'NUFLOW_JOURNAL_DAMAGED' },
    ]);
  });
});
