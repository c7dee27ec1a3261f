import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectRun, listRuns, readEvents, readOutput } from '../src/inspect.js';
import { EngineRig, eventOf, sketch } from './support/engine-rig.js';

/** All files below a folder with size and time of change. */
function files(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return [name, size, mtimeMs];
    });
}

async function seqsOf(events: AsyncIterable<{ seq: number }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { seq } of events) all.push(seq);
  return all;
}

describe('looking from outside', () => {
  it('shows runs, a run, its records and outputs beside the process that works there, and writes nothing', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }), { input: { x: 1 } });
    (await rig.runner.started('a')).succeed({ port: 1 });
    await eventOf(run, 'task.started', 'b');
    const before = files(rig.dataDir);
    const { progress, ...shown } = await inspectRun(rig.dataDir, 'r');
    const { progress: live, ...expected } = run.snapshot();
    expect(shown).toEqual(expected);
    expect(progress).toMatchObject({ total: live.total, done: 1, running: 1 });
    expect(await listRuns(rig.dataDir)).toEqual(await rig.orchestrator.list());
    expect(await seqsOf(readEvents(rig.dataDir, 'r'))).toEqual([1, 2, 3, 4]);
    expect(await seqsOf(readEvents(rig.dataDir, 'r', { from: 3 }))).toEqual([3, 4]);
    expect(await seqsOf(readEvents(rig.dataDir, 'r', { from: 9 }))).toEqual([]);
    expect(await readOutput(rig.dataDir, 'r', 'a')).toEqual({ port: 1 });
    expect(await readOutput(rig.dataDir, 'r', 'b')).toBeUndefined();
    expect(files(rig.dataDir)).toEqual(before);
  });

  it('shows nothing where there is nothing', async () => {
    const rig = await EngineRig.open();
    const nowhere = join(rig.dataDir, 'not', 'there');
    expect(await listRuns(nowhere)).toEqual([]);
    const looks = [
      inspectRun(nowhere, 'r'),
      seqsOf(readEvents(nowhere, 'r')),
      readOutput(nowhere, 'r', 'a'),
    ];
    await Promise.all(
      looks.map((look) => expect(look).rejects.toMatchObject({ code: 'NUFLOW_RUN_NOT_FOUND' })),
    );
    for (const id of ['../r', '..', 'a/b'])
      await expect(inspectRun(rig.dataDir, id)).rejects.toMatchObject({
        code: 'NUFLOW_INVALID_RUN_ID',
      });
    await rig.start(sketch({ a: {} }));
    await expect(readOutput(rig.dataDir, 'r', 'x')).rejects.toMatchObject({
      code: 'NUFLOW_TASK_NOT_FOUND',
    });
  });

  it('shows a torn journal up to its last whole record, and refuses a damaged one', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    (await rig.runner.started('a')).succeed();
    await eventOf(run, 'task.started', 'b');
    await rig.orchestrator.close({ mode: 'detach' });
    const whole = readFileSync(rig.journalPath());
    writeFileSync(rig.journalPath(), Buffer.concat([whole, Buffer.from('{"seq":5,"at"')]));
    expect((await inspectRun(rig.dataDir, 'r')).seq).toBe(4);
    expect(await seqsOf(readEvents(rig.dataDir, 'r'))).toEqual([1, 2, 3, 4]);
    expect(await listRuns(rig.dataDir)).toMatchObject([{ id: 'r', status: 'running' }]);
    writeFileSync(
      rig.journalPath(),
      whole.toString('utf8').replace('"task.started"', '"task.STARTED"'),
    );
    await expect(inspectRun(rig.dataDir, 'r')).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_DAMAGED',
      line: 2,
    });
    expect(await listRuns(rig.dataDir)).toMatchObject([{ id: 'r', status: 'damaged' }]);
  });
});
