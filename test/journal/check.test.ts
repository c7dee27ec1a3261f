import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordDraft } from '../../src/journal/records/record.js';
import { checkJournal } from '../../src/journal/repair/check.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { DRAFTS, firstLine, JOURNAL, linesOf, platform, tempDir, withOutput } from './rig.js';
import { CLAIMING, writeSession } from './sessions.js';

const LINES = linesOf(DRAFTS, (seq) => seq - 1 || undefined);

function holding(bytes: string) {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(JOURNAL, bytes);
  return fileSystem;
}
const check = (bytes: string) => checkJournal(JOURNAL, { fileSystem: holding(bytes) });

describe('checking a journal', () => {
  it('finds nothing wrong with a good one', async () => {
    expect(await check(LINES.join(''))).toEqual({ verdict: 'ok', file: JOURNAL, records: 4 });
  });

  it('tells of an end that is not whole, and how long it is', async () => {
    expect(await check(`${LINES[0]}${LINES[1]}{"seq":3`)).toEqual({
      verdict: 'torn',
      file: JOURNAL,
      records: 2,
      line: 3,
      offset: Buffer.byteLength(`${LINES[0]}${LINES[1]}`),
      tornBytes: 8,
      why: 'the last write is not whole',
    });
  });

  it('tells where it is damaged, and why', async () => {
    expect(await check(LINES.toSpliced(1, 1, 'garbage\n').join(''))).toEqual({
      verdict: 'damaged',
      file: JOURNAL,
      records: 1,
      line: 2,
      offset: LINES[0]?.length,
      why: 'the line has no checksum at its end, and record 2 is known to have been on disk',
    });
  });

  it('takes records that contradict each other for damage, though each line is whole', async () => {
    const twice = linesOf([...DRAFTS.slice(0, 3), ...DRAFTS.slice(2)]);
    expect(await check(twice.join(''))).toEqual({
      verdict: 'damaged',
      file: JOURNAL,
      records: 3,
      line: 4,
      offset: Buffer.byteLength(twice.slice(0, 3).join('')),
      why: "task.succeeded can't stand here: the task is succeeded",
    });
    expect(await check(linesOf(DRAFTS.slice(1)).join(''))).toMatchObject({
      verdict: 'damaged',
      records: 0,
      line: 1,
      offset: 0,
    });
  });

  it('knows what a newer nuflow wrote', async () => {
    expect(await check(firstLine({ ...DRAFTS[0], format: 2 }))).toMatchObject({
      verdict: 'unknownFormat',
      records: 0,
      line: 1,
      offset: 0,
      format: 2,
    });
    const lines = linesOf([...DRAFTS.slice(0, 2), { type: 'task.teleported' } as never]);
    const found = await check(lines.join(''));
    expect(found).toMatchObject({ verdict: 'unknownFormat', records: 2, line: 3 });
    expect(found).not.toHaveProperty('format');
  });

  it.each([
    ['is missing', undefined],
    ['has 7 bytes instead of 6', '"bigger'],
    [/^has SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}$/, '"bug!"'],
    [/^could not be read \(.*EIO/, 'EIO'],
  ])('looks at the output files that records name: one %s', async (why, content) => {
    const memory = holding(linesOf(withOutput(DRAFTS)).join(''));
    const file = '/data/runs/create-wuji/outputs/0001-server.1-x.json';
    const fileSystem = new FaultyFileSystem(memory);
    memory.put(file, '"big!"');
    expect(await checkJournal(JOURNAL, { fileSystem })).toMatchObject({ verdict: 'ok' });
    if (content === undefined) await memory.remove(file);
    else if (content === 'EIO') fileSystem.fail('read', '-x.json', 'EIO');
    else memory.put(file, content);
    expect(await checkJournal(JOURNAL, { fileSystem })).toEqual({
      verdict: 'incomplete',
      file: JOURNAL,
      records: 4,
      outputs: [{ file, line: 3, task: 'server', why: expect.stringMatching(why) }],
    });
  });

  it('looks at those that somebody gave for a held task, and those before an end that is not whole', async () => {
    const [first, started, succeeded] = withOutput(DRAFTS);
    const decided = {
      ...succeeded,
      type: 'task.decided',
      decision: 'done',
    } as RecordDraft;
    const held = { type: 'task.interrupted', task: 'server', attempt: 1, next: 'hold' } as const;
    const lines = linesOf([first, started, held, decided] as RecordDraft[]);
    const outputs = [expect.objectContaining({ line: 4, why: 'is missing' })];
    expect(await check(lines.join(''))).toMatchObject({ verdict: 'incomplete', outputs });
    expect(await check(`${lines.join('')}{"seq"`)).toMatchObject({ verdict: 'torn', outputs });
    expect(await check(`${lines.slice(0, 3).join('')}{"seq"`)).not.toHaveProperty('outputs');
  });

  it('misses what is not there, or has nothing in it', async () => {
    expect(await check('')).toEqual({ verdict: 'missing', file: JOURNAL });
    const fileSystem = new MemoryFileSystem();
    expect(await checkJournal('/nowhere/x', { fileSystem })).toEqual({
      verdict: 'missing',
      file: '/nowhere/x',
    });
  });

  it('opens the file to read it, and does nothing else', async () => {
    const fileSystem = new FaultyFileSystem(holding(LINES.join('').slice(0, -9)));
    await checkJournal(JOURNAL, { fileSystem });
    const done = new Set(fileSystem.log.map((line) => line.split(' ')[0]));
    expect([...done].sort()).toEqual(['close', 'open', 'read', 'size']);
  });

  it('passes on that the system can not read it', async () => {
    const fileSystem = new FaultyFileSystem(holding(LINES.join('')));
    fileSystem.fail('read', '', 'EIO');
    await expect(checkJournal(JOURNAL, { fileSystem })).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_READ',
    });
  });

  it('finds it by its path, or by data directory and run, on this machine', async () => {
    const dataDir = tempDir();
    const path = `${dataDir}/runs/one/journal.ndjson`;
    await writeSession(platform, path, CLAIMING);
    const good = { verdict: 'ok', file: path, records: CLAIMING.flat().length };
    expect(await checkJournal(path)).toEqual(good);
    expect(await checkJournal(relative(process.cwd(), path))).toEqual(good);
    expect(await checkJournal({ dataDir, run: 'one' })).toEqual(good);
    await expect(checkJournal({ dataDir, run: '../one' })).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_RUN_ID',
    });
  });
});
