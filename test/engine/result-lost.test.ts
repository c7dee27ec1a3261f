import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, quiet, sketch } from '../support/engine-rig.js';

const LOST = {
  status: 'interrupted',
  error: { code: 'NUFLOW_RESULT_LOST', message: 'the disk was full' },
} as const;

describe('an attempt whose result found no space', () => {
  it('is held, not run again and not failed', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { retry: { maximumAttempts: 5 } } }));
    (await rig.runner.started('a')).end(LOST);
    const event = await eventOf(run, 'task.interrupted', 'a');
    expect(event).toMatchObject({ next: 'hold', error: { code: 'NUFLOW_RESULT_LOST' } });
    expect(rig.runner.order).toEqual(['a']);
  });

  it('is a failure when its task wants it so', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { onInterrupted: 'fail' } }));
    (await rig.runner.started('a')).end(LOST);
    expect((await run.result).status).toBe('failed');
    expect(run.snapshot().tasks[0]).toMatchObject({ error: { code: 'NUFLOW_RESULT_LOST' } });
  });
});

describe('a disk that becomes full while runs are at work', () => {
  it('gets the reserve back before any write of the orchestrator fails', async () => {
    const rig = await EngineRig.open();
    const removed = (): number => rig.disk.count('remove', 'reserve');
    const made = removed();
    let isFull = false;
    rig.disk.isFull = async () => isFull;
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    const a = await rig.runner.started('a');
    await rig.clock.pass(2_000);
    await quiet();
    expect(removed()).toBe(made);
    isFull = true;
    await rig.clock.pass(2_000);
    while (removed() === made) await quiet();
    a.succeed();
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    expect((await rig.story()).slice(-1)).toEqual(['succeeded a']);
  });
});
