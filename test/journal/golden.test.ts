import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { readRecords } from '../../src/journal/file/read-records.js';
import { type JournalRecord, RECORD_TYPES } from '../../src/journal/records/record.js';
import { reduce } from '../../src/journal/records/reduce.js';
import type { RunState } from '../../src/journal/records/state.js';
import { GOLDEN } from './golden-sessions.js';
import { collect, Notes, platform, tempDir, textOf } from './rig.js';
import { writeSession } from './sessions.js';

const FOLDER = fileURLToPath(new URL('golden/', import.meta.url));
const SUMS = join(FOLDER, 'SHA256SUMS');
const sumOf = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** Once in the life of a file. */
async function writeMissing(): Promise<void> {
  for (const [name, { session }] of Object.entries(GOLDEN)) {
    const path = join(FOLDER, name);
    if (existsSync(path)) continue;
    await writeSession(platform, path, session);
    if (name.endsWith('torn.ndjson')) {
      const last = textOf(path).trimEnd().lastIndexOf('\n') + 1;
      truncateSync(path, last + 100);
    }
    appendFileSync(SUMS, `${sumOf(path)}  ${name}\n`);
  }
}

const recordsOf = (name: string): Promise<JournalRecord[]> =>
  collect(readRecords(platform.fileSystem, join(FOLDER, name)));

function folded(records: readonly JournalRecord[]): RunState {
  let state: RunState | undefined;
  for (const record of records) state = reduce(state, record);
  return state as RunState;
}

beforeAll(async () => {
  if (process.env.NUFLOW_WRITE_GOLDEN) await writeMissing();
});

describe('the golden journals', () => {
  it('are all there, as they were written', () => {
    const sums = Object.keys(GOLDEN).map((name) => `${sumOf(join(FOLDER, name))}  ${name}`);
    expect(sums.sort()).toEqual(textOf(SUMS).trim().split('\n').sort());
  });

  it.each(Object.entries(GOLDEN))('%s is read as it was meant', async (name, golden) => {
    const records = await recordsOf(name);
    const drafts = golden.session.flat().slice(0, records.length);
    expect(records.map(({ seq, at, ...draft }) => draft)).toEqual(drafts);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    const state = folded(records);
    expect(state.phase.status).toBe(golden.status);
    const tasks = [...state.tasks].map(([id, task]) => [id, task.status]);
    expect(Object.fromEntries(tasks)).toEqual(golden.tasks);
  });

  it('hold every type of record; add a session to golden-sessions.ts for a new one', async () => {
    const records = (await Promise.all(Object.keys(GOLDEN).map(recordsOf))).flat();
    expect([...new Set(records.map(({ type }) => type))].sort()).toEqual([...RECORD_TYPES].sort());
  });

  it('can be gone on with', async () => {
    const path = join(tempDir(), 'runs', 'torn', 'journal.ndjson');
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(FOLDER, 'format-1/torn.ndjson'), path);
    const journal = await FileJournal.open(platform, path, new Notes(), () => {});
    journal.append({ type: 'run.resumed', pid: 1 });
    await journal.close();
    const records = await collect(readRecords(platform.fileSystem, path));
    expect(records.at(-1)).toMatchObject({ type: 'run.resumed', seq: records.length });
    expect(records).toHaveLength((await recordsOf('format-1/torn.ndjson')).length + 1);
  });
});
