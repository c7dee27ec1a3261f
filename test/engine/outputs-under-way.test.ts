import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CloseMode } from '../../src/engine/commands/close-mode.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

const BIG = 'x'.repeat(300_000);

/** A run whose task `big` has ended, with an output that is being written: its sync waits until it is let go. */
class BigOutput {
  readonly rig: EngineRig;
  #release = (): void => {};

  private constructor(rig: EngineRig) {
    this.rig = rig;
  }

  static async begun(): Promise<BigOutput> {
    const under = new BigOutput(await EngineRig.open());
    const { rig } = under;
    const sync = rig.disk.beforeSync;
    const begun = new Promise<void>((resolve) => {
      rig.disk.beforeSync = async (path) => {
        if (!path.includes('/outputs/')) return sync(path);
        resolve();
        await new Promise<void>((done) => {
          under.#release = done;
        });
      };
    });
    const run = await rig.start(sketch({ big: {}, other: {} }));
    run.result.catch(() => {});
    await eventOf(run, 'task.started', 'other');
    (await rig.runner.started('big')).succeed(BIG);
    await begun;
    return under;
  }

  /** The run stops for a reason that is gone afterwards. */
  async failRun(): Promise<void> {
    const { disk, orchestrator, runner } = this.rig;
    disk.fail('sync', 'journal.ndjson', 'EIO');
    (await runner.started('other')).succeed();
    await expect(orchestrator.get('r')?.ended).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
    });
    disk.heal();
  }

  release(): void {
    this.#release();
  }

  files(): string[] {
    return readdirSync(join(this.rig.dataDir, 'runs/r/outputs'));
  }
}

/** Far more than what must not happen would take, ms. */
const LONG_MS = 300;

/** Lets go after a while; what `late` waits for must not come before. */
async function comesAfter(under: BigOutput, late: Promise<unknown>): Promise<void> {
  const order: string[] = [];
  const waited = late.then(() => order.push('late'));
  await delay(LONG_MS);
  order.push('let go');
  under.release();
  await waited;
  expect(order).toEqual(['let go', 'late']);
  expect(under.files()).toEqual(WRITTEN);
}

const WRITTEN = [expect.stringMatching(/^0001-big\.1-[0-9a-f]{12}\.json$/)];

describe('a run with an output on its way to the disk', () => {
  it('that has stopped is opened again only when that is over', async () => {
    const under = await BigOutput.begun();
    await under.failRun();
    await comesAfter(under, under.rig.orchestrator.resume('r'));
  });

  it.each<CloseMode>(['drain', 'stop', 'cancel', 'detach'])(
    'that has stopped is waited for when its orchestrator is closed: %s',
    async (mode) => {
      const under = await BigOutput.begun();
      await under.failRun();
      await comesAfter(under, under.rig.orchestrator.close({ mode }));
    },
  );

  it('is waited for when its orchestrator detaches', async () => {
    const under = await BigOutput.begun();
    await comesAfter(under, under.rig.orchestrator.close({ mode: 'detach' }));
  });
});
