import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { JournalDamagedError } from '../../src/errors.js';
import { defineWorkflow } from '../../src/index.js';
import { RunIndex } from '../../src/journal/catalog/run-index.js';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import { checkJournal } from '../../src/journal/repair/check.js';
import { repairJournal } from '../../src/journal/repair/repair.js';
import type { Locks } from '../../src/platform/lock.js';
import { Orchestrator } from '../../src/runtime/orchestrator.js';
import { FaultyFileSystem, type Operation } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import {
  DRAFTS,
  firstLine,
  JOURNAL,
  linesOf,
  Notes,
  platformWith,
  STARTED,
  tempDir,
  textOf,
  withOutput,
} from './rig.js';
import { CLAIMING, writeSession } from './sessions.js';

const PLACE = { dataDir: '/data', run: 'create-wuji' };
let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
let lock: { taken: number; released: number };
beforeEach(() => {
  memory = new MemoryFileSystem();
  memory.put('/data/lock', '');
  fileSystem = new FaultyFileSystem(memory);
  lock = { taken: 0, released: 0 };
});

const locks: Locks = {
  async acquire() {
    lock.taken++;
    const release = async (): Promise<void> => {
      lock.released++;
    };
    return { held: { release, isInPlace: () => true } };
  },
};
const repair = (using: Locks = locks) =>
  repairJournal(PLACE, { platform: { ...platformWith(fileSystem), locks: using } });
const filesBeside = (): Promise<string[]> => memory.list(dirname(JOURNAL));

/** A journal of a dozen records, the fourth of which is broken. */
async function putDamaged(): Promise<{ bytes: Buffer; offset: number }> {
  await writeSession(platformWith(memory), JOURNAL, CLAIMING);
  const bytes = Buffer.from(memory.bytes(JOURNAL));
  let offset = 0;
  for (let line = 1; line < 4; line++) offset = bytes.indexOf('\n', offset) + 1;
  bytes[offset + 100] = 0;
  memory.put(JOURNAL, bytes);
  return { bytes, offset };
}

describe('repairing a journal', () => {
  it('cuts it to its last good record, keeps the whole beside it, and says what was lost', async () => {
    const { bytes, offset } = await putDamaged();
    const repaired = await repair();
    expect(repaired).toEqual({
      repaired: true,
      file: JOURNAL,
      records: 3,
      before: {
        verdict: 'damaged',
        file: JOURNAL,
        records: 3,
        line: 4,
        offset,
        why: expect.stringMatching(/^its checksum does not match/),
      },
      copy: expect.stringMatching(/^\/data\/runs\/create-wuji\/journal\.ndjson\.before-repair-/),
      lost: {
        bytes: bytes.length - offset,
        lines: 9,
        types: {
          'task.interrupted': 1,
          'run.resumed': 1,
          'task.started': 1,
          'run.cancelRequested': 1,
          'task.failed': 1,
          'task.cancelled': 2,
          'run.finished': 1,
        },
        tasks: [
          { task: 'b', types: ['task.interrupted', 'task.started', 'task.cancelled'] },
          { task: 'a', types: ['task.failed'] },
          { task: 'c', types: ['task.cancelled'] },
        ],
      },
    });
    expect(memory.bytes(JOURNAL).equals(bytes.subarray(0, offset))).toBe(true);
    const copy = 'copy' in repaired ? repaired.copy : '';
    expect(memory.bytes(copy).equals(bytes)).toBe(true);
    expect(lock).toEqual({ taken: 1, released: 1 });
  });

  it('leaves a journal that is good and can be appended to', async () => {
    await putDamaged();
    await repair();
    expect(await checkJournal(JOURNAL, { fileSystem })).toMatchObject({
      verdict: 'ok',
      records: 3,
    });
    const platform = platformWith(memory);
    const journal = await FileJournal.open(platform, JOURNAL, new Notes(), () => {});
    journal.append({ type: 'run.resumed', pid: 1 });
    await journal.close();
    expect(await checkJournal(JOURNAL, { fileSystem })).toMatchObject({
      verdict: 'ok',
      records: 4,
    });
  });

  it('is on disk when it is done, the copy first', async () => {
    const { bytes, offset } = await putDamaged();
    fileSystem.beforeSync = async (path) => {
      if (path === JOURNAL)
        expect((await memory.afterPowerCut().list(dirname(JOURNAL))).length).toBe(2);
    };
    const repaired = await repair();
    const left = memory.afterPowerCut();
    expect(left.bytes(JOURNAL).equals(bytes.subarray(0, offset))).toBe(true);
    expect(left.bytes('copy' in repaired ? repaired.copy : '').equals(bytes)).toBe(true);
  });

  it('never writes over an earlier copy', async () => {
    const { bytes } = await putDamaged();
    await repair();
    memory.put(JOURNAL, bytes.subarray(0, bytes.length - 1));
    await repair();
    expect(await filesBeside()).toHaveLength(3);
    memory.put(JOURNAL, bytes);
    const random = { next: () => 0, hex: () => '00000000' };
    const same = { platform: { ...platformWith(fileSystem), locks, random } };
    await repairJournal(PLACE, same);
    memory.put(JOURNAL, bytes);
    await expect(repairJournal(PLACE, same)).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
      cause: { code: 'EEXIST' },
    });
    expect(memory.bytes(JOURNAL).equals(bytes)).toBe(true);
  });

  it('counts what can not be made out of the lines that are lost', async () => {
    const [one = '', two = ''] = linesOf(DRAFTS);
    const noise = 'null\n7\n"x"\n[]\n{"type":"task.stbrted"}\n{"type":"task.failed","task":7}\n\n';
    const twice = '{"type":"task.started","task":"a"}\n'.repeat(2);
    memory.put(JOURNAL, `${one}${noise}${twice}${'\0'.repeat(100)}\n${two.slice(0, 50)}`);
    expect(await repair()).toMatchObject({
      records: 1,
      before: { verdict: 'torn' },
      lost: {
        lines: 11,
        types: { 'task.failed': 1, 'task.started': 2 },
        tasks: [{ task: 'a', types: ['task.started'] }],
      },
    });
  });

  it('cuts before the record that contradicts the others', async () => {
    const lines = linesOf([...DRAFTS, ...DRAFTS.slice(1)]);
    memory.put(JOURNAL, lines.join(''));
    expect(await repair()).toMatchObject({ records: 4, lost: { lines: 3 } });
    expect(String(memory.bytes(JOURNAL))).toBe(lines.slice(0, 4).join(''));
  });

  it('names output files that it can not bring back, whether or not the journal is good', async () => {
    const drafts = withOutput(DRAFTS);
    const file = '/data/runs/create-wuji/outputs/0001-server.1-x.json';
    const outputs = [{ file, line: 3, task: 'server', why: 'is missing' }];
    memory.put(JOURNAL, linesOf(drafts).join(''));
    expect(await repair()).toEqual({ repaired: false, file: JOURNAL, records: 4, outputs });
    memory.put(JOURNAL, linesOf(drafts).join('').slice(0, -3));
    expect(await repair()).toMatchObject({ records: 3, before: { verdict: 'torn', outputs } });
  });

  it('leaves a good journal alone', async () => {
    memory.put(JOURNAL, linesOf(DRAFTS).join(''));
    expect(await repair()).toEqual({ repaired: false, file: JOURNAL, records: 4 });
    expect(fileSystem.count('write') + fileSystem.count('truncate')).toBe(0);
    expect(lock).toEqual({ taken: 1, released: 1 });
  });

  it('makes the index forget the run, so that it does not tell of an end that was cut off', async () => {
    await writeSession(platformWith(memory), JOURNAL, CLAIMING);
    const other = '/data/runs/other/journal.ndjson';
    memory.put(other, linesOf([{ ...STARTED, run: 'other' } as RecordDraft]).join(''));
    const platform = platformWith(memory);
    const dir = new DataDir(memory, '/data');
    const index = await RunIndex.open(platform, dir);
    index.put(await dir.readState('create-wuji'));
    await index.close();
    const statuses = async () =>
      (await RunIndex.open(platform, dir)).list().map(({ id, status }) => `${id} ${status}`);
    expect(await statuses()).toContain('create-wuji cancelled');
    await memory.remove('/data/runs/create-wuji/journal.ndjson');
    await putDamaged();
    expect(await statuses()).toContain('create-wuji cancelled');
    await repair();
    const known = JSON.parse(String(memory.bytes('/data/index.json')));
    expect(known.runs.map(({ id }: { id: string }) => id)).toEqual(['other']);
    expect(await statuses()).toHaveLength(2);
    expect(await statuses()).not.toContain('create-wuji cancelled');
  });
});

describe('a journal is not repaired', () => {
  const untouched = async (bytes: string, code: string): Promise<void> => {
    memory.put(JOURNAL, bytes);
    await expect(repair()).rejects.toMatchObject({ code });
    expect(String(memory.bytes(JOURNAL))).toBe(bytes);
    expect(await filesBeside()).toEqual(['journal.ndjson']);
    expect(lock.released).toBe(lock.taken);
  };

  it('when a newer nuflow wrote it', async () => {
    await untouched(firstLine({ ...DRAFTS[0], format: 2 }), 'NUFLOW_JOURNAL_FORMAT');
    const lines = linesOf([...DRAFTS.slice(0, 2), { type: 'task.teleported' } as never]);
    await untouched(lines.join(''), 'NUFLOW_JOURNAL_FORMAT');
  });

  it('when not even its first record is good', async () => {
    const lines = linesOf(DRAFTS, (seq) => seq - 1 || undefined);
    await untouched(lines.slice(1).join(''), 'NUFLOW_JOURNAL_NOT_REPAIRABLE');
    await untouched(lines[0]?.slice(0, 60) ?? '', 'NUFLOW_JOURNAL_NOT_REPAIRABLE');
  });

  it('when there is none, and nothing is made for it', async () => {
    await expect(repair()).rejects.toMatchObject({ code: 'NUFLOW_RUN_NOT_FOUND' });
    await expect(repairJournal({ dataDir: '/nowhere', run: 'x' })).rejects.toMatchObject({
      code: 'NUFLOW_RUN_NOT_FOUND',
    });
    expect(lock.taken).toBe(0);
  });

  it('when it was removed before the lock was had', async () => {
    memory.put(JOURNAL, 'x');
    const slow: Locks = {
      acquire: async (...args) => {
        await memory.remove(JOURNAL);
        return locks.acquire(...args);
      },
    };
    await expect(repair(slow)).rejects.toMatchObject({ code: 'NUFLOW_RUN_NOT_FOUND' });
    expect(lock.released).toBe(1);
  });

  it('while another process has the data directory', async () => {
    const { bytes } = await putDamaged();
    const takenBy = { pid: 7, startTime: '', bootId: '', since: 'yesterday' };
    await expect(repair({ acquire: async () => ({ takenBy }) })).rejects.toMatchObject({
      code: 'NUFLOW_DATA_DIR_LOCKED',
      pid: 7,
      since: 'yesterday',
    });
    await expect(repair({ acquire: async () => ({ takenBy: undefined }) })).rejects.toMatchObject({
      code: 'NUFLOW_DATA_DIR_LOCKED',
    });
    expect(memory.bytes(JOURNAL).equals(bytes)).toBe(true);
  });

  it('when the system does not let the data directory be locked', async () => {
    await putDamaged();
    const acquire = () => Promise.reject(Object.assign(new Error('no'), { code: 'EMFILE' }));
    await expect(repair({ acquire })).rejects.toMatchObject({
      code: 'NUFLOW_DATA_DIR',
      cause: { code: 'EMFILE' },
    });
  });

  it('any further than what was done when a call fails; a second try finishes it', async () => {
    const { bytes, offset } = await putDamaged();
    const platform = platformWith(memory);
    await (await RunIndex.open(platform, new DataDir(memory, '/data'))).close();
    const changing: readonly Operation[] = [
      'open',
      'write',
      'sync',
      'syncDir',
      'truncate',
      'close',
    ];
    await repair();
    const calls = [...fileSystem.asked];
    for (const [call, name] of calls.entries()) {
      memory.put(JOURNAL, bytes);
      fileSystem = new FaultyFileSystem(memory);
      fileSystem.failCall(call, 'refused');
      const done = await repair().catch((error: unknown) => error);
      const before = memory.bytes(JOURNAL);
      const whole = before.equals(bytes) || before.equals(bytes.subarray(0, offset));
      expect(whole, name).toBe(true);
      if (done instanceof Error && changing.some((operation) => name.startsWith(operation)))
        expect(done, name).toMatchObject({
          code: expect.stringMatching(/^NUFLOW_JOURNAL_(READ|WRITE)$/),
        });
      fileSystem.heal();
      await repair();
      expect(memory.bytes(JOURNAL).equals(bytes.subarray(0, offset)), name).toBe(true);
    }
    expect(calls.length).toBeGreaterThan(20);
  });
});

describe('a damaged run on this machine', () => {
  it('is refused with what to type, then repaired, then resumed to its end', async () => {
    const dataDir = tempDir();
    const counts: Record<string, number> = {};
    const count = (id: string) => () => {
      counts[id] = (counts[id] ?? 0) + 1;
      return counts[id];
    };
    const flow = defineWorkflow('counts', {
      tasks: (t) => {
        const a = t.fn('a', { run: count('a') });
        const b = t.fn('b', { needs: { a }, run: count('b') });
        return { a, b, c: t.fn('c', { needs: { b }, run: count('c') }) };
      },
    });
    const open = () => Orchestrator.open({ dataDir, workflows: [flow] });
    {
      await using orchestrator = await open();
      await (await orchestrator.start(flow, { id: 'one' })).result;
    }
    const path = join(dataDir, 'runs/one/journal.ndjson');
    const lines = textOf(path).split(/(?<=\n)/);
    const bad = lines.findIndex((line) => line.includes('"task.succeeded","task":"b"'));
    writeFileSync(path, lines.with(bad, (lines[bad] ?? '').replace('"b"', '"B"')).join(''));
    {
      await using orchestrator = await open();
      const refused = await orchestrator.resume('one').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(JournalDamagedError);
      expect(String(refused)).toContain(`nuflow journal repair one --data-dir ${dataDir}`);
      await expect(repairJournal({ dataDir, run: 'one' })).rejects.toMatchObject({
        code: 'NUFLOW_DATA_DIR_LOCKED',
      });
    }
    expect(await repairJournal({ dataDir, run: 'one' })).toMatchObject({
      repaired: true,
      records: bad,
      lost: { tasks: [{ task: 'B' }, { task: 'c' }] },
    });
    expect(await checkJournal({ dataDir, run: 'one' })).toMatchObject({ verdict: 'ok' });
    await using orchestrator = await open();
    expect((await orchestrator.list()).map(({ status }) => status)).toEqual(['running']);
    const { runs } = await orchestrator.resumeAll();
    expect(await runs[0]?.result).toMatchObject({
      status: 'succeeded',
      outputs: { a: 1, b: 2, c: 2 },
    });
    expect(
      readdirSync(dirname(path)).filter((name) => name.includes('before-repair')),
    ).toHaveLength(1);
  });

  it('names no command for a file that is in no data directory, and quotes odd paths', () => {
    const message = (file: string) => new JournalDamagedError(file, 1, 0, 'why').message;
    expect(message('/tmp/copy.ndjson')).toMatch(/cut it to its last good record\.$/);
    expect(message("/it's here/runs/r-1/journal.ndjson")).toContain(
      `nuflow journal repair r-1 --data-dir '/it'\\''s here'.`,
    );
    expect(message('/data/runs/r/journal.ndjson')).toContain('repair r --data-dir /data.');
  });
});
