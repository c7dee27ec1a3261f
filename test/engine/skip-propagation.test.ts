import { describe, expect, it } from 'vitest';
import { SkipPropagation } from '../../src/engine/commit/skip-propagation.js';
import { defineWorkflow, type Workflow } from '../../src/index.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import { ControlledClock } from '../support/controlled-clock.js';
import { EngineRig } from '../support/engine-rig.js';

const TASKS = 3_500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function skipped(n: number): RecordDraft {
  const reason = { by: 'onFailure', failed: 'a' } as const;
  return { type: 'task.skipped', task: `t${n}`, status: 'skipped', reason };
}

/** So many settled tasks, handed out by hundreds, and what was written of them. */
function rig(count: number) {
  const left = Array.from({ length: count }, (_, n) => skipped(n));
  const written: RecordDraft[] = [];
  const settling: SkipPropagation = new SkipPropagation(
    new ControlledClock(),
    { settled: () => left.splice(0, 100) },
    { commit: (draft) => written.push(draft) },
    { finished: () => {}, goOn: () => settling.write() },
  );
  return { settling, written };
}

/** Independent tasks, none of which ends by itself. */
function many(): Workflow<unknown> {
  return defineWorkflow('many', {
    tasks: (t) => {
      for (let i = 0; i < TASKS; i++) t.task(`t${i}`, { runner: 'test' });
      return {};
    },
  }) as Workflow<unknown>;
}

describe('what is settled', () => {
  it('is written at once when it is little', () => {
    const { settling, written } = rig(900);
    expect(settling.write()).toBe(true);
    expect([written.length, settling.isUnderWay]).toEqual([900, false]);
  });

  it('is written a part a turn when it is much, whoever asks again meanwhile', async () => {
    const { settling, written } = rig(TASKS);
    expect([settling.write(), settling.write()]).toEqual([false, false]);
    expect([written.length, settling.isUnderWay]).toEqual([1_000, true]);
    await turn();
    expect(written.length).toBe(2_000);
    await settling.over();
    expect([written.length, settling.isUnderWay]).toEqual([TASKS, false]);
  });

  it('is all written before a run that is being closed ends', async () => {
    const engine = await EngineRig.open();
    const run = await engine.start(many());
    const running = await engine.runner.atWork(10);
    const cancelled = run.cancel();
    for (const attempt of running) attempt.fail();
    await engine.orchestrator.close();
    await cancelled;
    expect((await engine.story()).at(-1)).toBe('finished cancelled');
  });
});
