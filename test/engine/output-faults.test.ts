import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, sketch, statuses } from '../support/engine-rig.js';

const BIG = 'x'.repeat(256 * 1024);
/** End of the name of attempt 1's file: the first 12 digits of the SHA-256 of the text. */
const NAME = `.1-${createHash('sha256').update(JSON.stringify(BIG)).digest('hex').slice(0, 12)}.json`;
const ASIDE = `${NAME}.tmp`;
const AFTER = sketch({ big: {}, after: { needs: ['big'], with: { text: { $output: 'big' } } } });

describe('an output that is too big for the journal', () => {
  it.each([
    ['open', ASIDE, 'EMFILE'],
    ['write', ASIDE, 'EIO'],
    ['sync', ASIDE, 'EIO'],
    ['rename', NAME, 'EIO'],
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
        if (!path.endsWith(ASIDE)) return;
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

  it('of a decision is in a file, too', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({
        big: { onInterrupted: 'hold' },
        after: { needs: ['big'], with: { text: { $output: 'big' } } },
      }),
    );
    (await rig.runner.started('big')).interrupted();
    await eventOf(run, 'task.interrupted', 'big');
    await expect(
      run.decide('big', 'done', { output: 'x'.repeat(64 * 1024 * 1024) }),
    ).rejects.toMatchObject({ message: expect.stringContaining('more than') });
    const decisions = [BIG, BIG.replace('x', 'y')].map((output) =>
      run.decide('big', 'done', { output }),
    );
    const made = await Promise.allSettled(decisions);
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const decided = made[0]?.status === 'fulfilled' ? BIG : BIG.replace('x', 'y');
    expect((await eventOf(run, 'task.decided', 'big')).outputFile?.bytes).toBe(BIG.length + 2);
    const after = await rig.runner.started('after');
    expect(after.given.with).toEqual({ text: decided });
    after.succeed();
    await run.ended;
    expect((await rig.folded()).tasks.get('big')).toMatchObject({
      status: 'succeeded',
      outputFile: {},
    });
  });
});
