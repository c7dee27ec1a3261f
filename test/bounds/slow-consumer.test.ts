import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/index.js';
import { EngineRig, sketch } from '../support/engine-rig.js';

const PIECE = 'x'.repeat(64 * 1024);

describe('a consumer of events that is slow', () => {
  it('holds up nobody, misses no record, and is owed little output', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ loud: {}, after: { needs: ['loud'] } }));
    const events = run.events();
    const seen: RunEvent[] = [];
    const next = async (): Promise<RunEvent | undefined> => {
      const { value } = await events.next();
      if (value) seen.push(value);
      return value ?? undefined;
    };
    await next();
    const loud = await rig.runner.started('loud');
    // 64 MiB that nobody takes: the consumer is busy with its first event.
    for (let n = 0; n < 1_000; n++) loud.print(PIECE);
    loud.print('the last words');
    loud.succeed();
    (await rig.runner.started('after')).succeed();
    await run.ended;
    while ((await next()) !== undefined);
    const types = seen.map(({ type }) => type).filter((type) => type !== 'task.output');
    expect(types).toEqual((await rig.records()).map(({ type }) => type));
    const owed = seen.filter((event) => event.type === 'task.output');
    expect(owed.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(2 * 1024 * 1024);
  });
});
