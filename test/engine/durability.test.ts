import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  await quiet();
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

describe('durability', () => {
  it('accepts a run only when its start is on disk', async () => {
    const rig = await EngineRig.open();
    const syncs = rig.holdSyncs();
    const starting = rig.start(sketch({ a: {} }));
    await syncs.asked();
    expect(readFileSync(rig.journalPath(), 'utf8')).toContain('run.started');
    expect(await isSettled(starting)).toBe(false);
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect(await rig.orchestrator.list()).toEqual([]);
    await syncs.release();
    expect((await starting).snapshot().status).toBe('running');
    expect(rig.orchestrator.get('r')).toBe(await starting);
  });

  it('runs no code of a task before its start is on disk', async () => {
    const rig = await EngineRig.open({ concurrency: 3 });
    const tasks = Array.from({ length: 30 }, (_, i) => [
      `t${i}`,
      { needs: i < 5 ? [] : [`t${i % 5}`] },
    ]);
    const early: string[] = [];
    rig.runner.onStart = (attempt) => {
      const start = `"type":"task.started","task":"${attempt.task}","attempt":1`;
      if (!rig.durableText().includes(start)) early.push(attempt.task);
      attempt.succeed();
    };
    const run = await rig.start(sketch(Object.fromEntries(tasks)));
    expect((await run.result).status).toBe('succeeded');
    expect(early).toEqual([]);
    expect(rig.runner.attempts).toHaveLength(30);
  });

  it('starts a dependent, emits an event and shows a state only when what caused it is on disk', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    const seen: string[] = [];
    run.on('*', ({ type }) => seen.push(type));
    await eventOf(run, 'task.started', 'a');
    const syncs = rig.holdSyncs();
    (await rig.runner.started('a')).succeed();
    await syncs.asked();
    await quiet();
    expect(seen.filter((type) => type === 'task.succeeded')).toEqual([]);
    expect(statuses(run)).toEqual({ a: 'running', b: 'pending' });
    expect(rig.runner.order).toEqual(['a']);
    await syncs.release();
    await rig.runner.started('b');
    expect(seen.at(-2)).toBe('task.succeeded');
    expect(statuses(run)).toEqual({ a: 'succeeded', b: 'running' });
    syncs.open();
  });

  it('writes a completion and the starts it releases with one sync', async () => {
    const rig = await EngineRig.open();
    const links = Array.from({ length: 20 }, (_, i) => `t${i}`);
    const chain = Object.fromEntries(
      links.map((id, i) => [id, { needs: i === 0 ? [] : [`t${i - 1}`] }]),
    );
    const run = await rig.start(sketch(chain));
    for (const id of links) {
      const before = rig.disk.count('sync', 'journal.ndjson');
      (await rig.runner.started(id)).succeed();
      if (id === links.at(-1)) await run.result;
      else await rig.runner.started(`t${links.indexOf(id) + 1}`);
      expect(rig.disk.count('sync', 'journal.ndjson') - before).toBe(1);
    }
  });

  it('writes what ends while a sync is under way with the next one', async () => {
    const rig = await EngineRig.open();
    const tasks = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`t${i}`, {}]));
    const run = await rig.start(sketch({ ...tasks, last: { needs: Object.keys(tasks) } }));
    const running = await rig.runner.atWork(10);
    const syncs = rig.holdSyncs();
    running[0]?.succeed();
    await syncs.asked();
    const before = rig.disk.count('sync', 'journal.ndjson');
    for (const attempt of running.slice(1)) attempt.succeed();
    await quiet();
    await syncs.release();
    await syncs.release();
    await rig.runner.started('last');
    expect(rig.disk.count('sync', 'journal.ndjson') - before).toBe(2);
    syncs.open();
    (await rig.runner.started('last')).succeed();
    await run.result;
  });

  it('ends a run only when its end is on disk', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const attempt = await rig.runner.started('a');
    const syncs = rig.holdSyncs();
    attempt.succeed();
    await syncs.asked();
    expect(await isSettled(run.result)).toBe(false);
    expect(run.snapshot().status).toBe('running');
    syncs.open();
    await run.result;
    expect(await rig.story()).toEqual([
      'started',
      'started a 1',
      'succeeded a',
      'finished succeeded',
    ]);
  });
});
