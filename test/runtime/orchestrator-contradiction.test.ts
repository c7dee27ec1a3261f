import { appendFileSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectRun } from '../../src/inspect.js';
import { encode } from '../../src/journal/file/codec.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { checkJournal } from '../../src/journal/repair/check.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

/** Appends a record whose checksum is right; its seq is the next unless it is given. */
function append(path: string, draft: RecordDraft, seq?: number): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const { crc } = JSON.parse(lines.at(-1) as string) as { crc: string };
  const record = { seq: seq ?? lines.length + 1, at: new Date(0).toISOString(), ...draft };
  const { line } = encode(record as JournalRecord, undefined, Number.parseInt(crc, 16));
  appendFileSync(path, `${line}\n`);
}

/** `a` has succeeded, `b` runs, `c` waits; the orchestrator is gone. */
async function unfinished(): Promise<EngineRig> {
  const rig = await EngineRig.open();
  const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } }));
  (await rig.runner.started('a')).succeed(1);
  await eventOf(run, 'task.started', 'b');
  await rig.orchestrator.close({ mode: 'detach' });
  return rig;
}

const CANCELLED = { type: 'task.cancelled', reason: 'requested' } as const;

describe('a record that contradicts its journal, although its checksum is right', () => {
  it.each<[string, RecordDraft]>([
    ['a success of a task that never started', succeeded('c', 1)],
    ['a second success', succeeded('a', 1)],
    ['a failure after a success', failed('a', 1)],
    ['a success of an attempt to come', succeeded('b', 2)],
    ['a start of a task that runs', { type: 'task.started', task: 'b', attempt: 2 }],
    ['a start of a task that succeeded', { type: 'task.started', task: 'a', attempt: 2 }],
    ['a first attempt that is called the second', { type: 'task.started', task: 'c', attempt: 2 }],
    ['a task that the workflow does not have', succeeded('d', 1)],
    ['a cancelled task that had succeeded', { ...CANCELLED, task: 'a' }],
    ['a decision about a task that is not held', decided('b', 1)],
  ])('is refused with its file, line and byte by whoever reads it: %s', async (_, draft) => {
    const rig = await unfinished();
    const file = rig.journalPath();
    const before = readFileSync(file);
    append(file, draft);
    const bytes = readFileSync(file);
    await rig.restart();

    const line = String(before).split('\n').length;
    const place = { file, line, offset: before.length };
    const refusal = {
      code: 'NUFLOW_ILLEGAL_RECORD',
      place,
      details: { seq: line, type: draft.type, ...place },
      message: expect.stringContaining(
        `${file} contradicts itself at line ${line}, byte ${before.length}: `,
      ),
    };
    const { orchestrator } = rig;
    await expect(orchestrator.resume('r')).rejects.toMatchObject(refusal);
    await expect(orchestrator.cancel('r')).rejects.toMatchObject(refusal);
    await expect(orchestrator.decide('r', 'b', 'rerun')).rejects.toMatchObject(refusal);
    await expect(orchestrator.inspect('r')).rejects.toMatchObject(refusal);
    await expect(inspectRun(rig.dataDir, 'r')).rejects.toMatchObject(refusal);
    expect(await orchestrator.resumeAll()).toMatchObject({
      runs: [],
      refused: [{ error: refusal }],
    });
    expect(await checkJournal(file)).toMatchObject({ verdict: 'damaged', ...place });
    expect(readFileSync(file)).toEqual(bytes);
  });
});

function succeeded(task: string, attempt: number): RecordDraft {
  return { type: 'task.succeeded', task, attempt, output: 2 };
}

function failed(task: string, attempt: number): RecordDraft {
  return { type: 'task.failed', task, attempt, error: { code: 'E', message: 'no' } };
}

function decided(task: string, attempt: number): RecordDraft {
  return { type: 'task.decided', task, attempt, decision: 'rerun' };
}
