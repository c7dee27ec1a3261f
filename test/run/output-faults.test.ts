import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, sketch, statuses } from '../support/engine-rig.js';

const BIG = 'x'.repeat(256 * 1024);
const AFTER = sketch({ big: {}, after: { needs: ['big'], with: { text: { $output: 'big' } } } });

describe('an output that is too big for the journal', () => {
  it.each([
    ['open', '.1.json.tmp', 'EMFILE'],
    ['write', '.1.json.tmp', 'EIO'],
    ['sync', '.1.json.tmp', 'EIO'],
    ['rename', '.1.json', 'EIO'],
    ['syncDir', 'outputs', 'EIO'],
  ] as const)(
    'stops the run when it can not be written (%s of %s: %s), and is kept by the next open',
    async (operation, path, code) => {
      const rig = await EngineRig.open();
      const run = await rig.start(AFTER);
      rig.disk.fail(operation, path, code);
      (await rig.runner.started('big')).succeed(BIG);
      await expect(run.result).rejects.toMatchObject({
        code: 'NUFLOW_JOURNAL_WRITE',
        cause: { code },
      });
      expect(await rig.story()).toEqual(['started', 'started big 1']);
      rig.disk.heal();
      await rig.restart();
      const again = await rig.orchestrator.resume('r');
      // Its process left the result in a file, where whoever adopts the attempt finds it.
      (await rig.runner.started('big')).succeed(BIG);
      const after = await rig.runner.started('after');
      expect(after.given.with).toEqual({ text: BIG });
      after.succeed();
      expect((await again.result).outputs).toEqual({ big: BIG, after: null });
    },
  );

  it('is not on record before it is on disk', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(AFTER);
    let release = (): void => {};
    const asked = new Promise<void>((resolve) => {
      rig.disk.beforeSync = async (path) => {
        if (!path.endsWith('.1.json.tmp')) return;
        resolve();
        await new Promise<void>((go) => {
          release = go;
        });
      };
    });
    (await rig.runner.started('big')).succeed(BIG);
    await asked;
    expect(await rig.story()).toEqual(['started', 'started big 1']);
    expect(statuses(run)).toEqual({ big: 'running', after: 'pending' });
    release();
    await eventOf(run, 'task.succeeded', 'big');
    expect(statuses(run)).toMatchObject({ big: 'succeeded' });
    (await rig.runner.started('after')).succeed();
    await run.ended;
  });

  it('fails a task that needs it and finds it gone, which may be tried again', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({
        big: {},
        gate: { needs: ['big'] },
        after: {
          needs: ['big', 'gate'],
          with: { text: { $output: 'big' } },
          retry: { maximumAttempts: 2, initialInterval: '1s' },
        },
      }),
    );
    (await rig.runner.started('big')).succeed(BIG);
    const gate = await rig.runner.started('gate');
    rmSync(join(rig.dataDir, 'runs', 'r', 'outputs'), { recursive: true });
    gate.succeed();
    const { error } = await eventOf(run, 'task.retryScheduled', 'after');
    expect(error.code).toBe('NUFLOW_OUTPUT_FILE');
    await rig.clock.pass(1_000);
    await run.ended;
    expect(statuses(run)).toEqual({ big: 'succeeded', gate: 'succeeded', after: 'failed' });
  });

  it('begins nothing that was cancelled while its input was read', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(AFTER);
    (await rig.runner.started('big')).succeed(BIG);
    run.on('task.started', ({ task }) => {
      if (task === 'after') void run.cancel();
    });
    await run.ended;
    expect(rig.runner.order).toEqual(['big']);
    expect(statuses(run)).toEqual({ big: 'succeeded', after: 'cancelled' });
  });
});
