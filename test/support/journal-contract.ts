import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriteError } from '../../src/errors.js';
import type { Journal, JournalListener } from '../../src/journal/journal.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { NAUGHTY_STRINGS } from './naughty-strings.js';

/** Opens an empty journal whose clock stands at `at`. */
export type MakeJournal = (listener: JournalListener, at: string) => Promise<Journal>;

const AT = '2026-01-02T03:04:05.678Z';
const RESUMED: RecordDraft = { type: 'run.resumed', pid: 1 };
const ended = (output: unknown): RecordDraft =>
  ({ type: 'task.succeeded', task: 't', attempt: 1, output }) as RecordDraft;

async function all(records: AsyncIterable<JournalRecord>): Promise<JournalRecord[]> {
  const list: JournalRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
}

/** What every Journal promises. */
export function journalContract(name: string, make: MakeJournal): void {
  describe(`${name} as a journal`, () => {
    const opened: Journal[] = [];
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    beforeEach(() => void process.on('unhandledRejection', note));
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((journal) => journal.close()));
      process.off('unhandledRejection', note);
      expect(unhandled.splice(0)).toEqual([]);
    });

    /** A journal, and what it told. `onDurable` is called as its listener. */
    const open = async (
      onDurable: (seq: number, journal: Journal) => void = () => {},
    ): Promise<{ journal: Journal; told: number[]; failures: Error[] }> => {
      const told: number[] = [];
      const failures: Error[] = [];
      const journal: Journal = await make(
        {
          durable(seq) {
            told.push(seq);
            onDurable(seq, journal);
          },
          failed: (error) => void failures.push(error),
        },
        AT,
      );
      opened.push(journal);
      return { journal, told, failures };
    };

    it('is empty at first', async () => {
      const { journal, told } = await open();
      expect([journal.lastSeq, journal.durableSeq]).toEqual([0, 0]);
      await journal.flush();
      expect(await all(journal.read())).toEqual([]);
      expect(told).toEqual([]);
    });

    it('numbers facts from one without gaps, and gives them the time of the clock', async () => {
      const { journal } = await open();
      const records = [journal.append(RESUMED), journal.append(ended(1)), journal.append(RESUMED)];
      expect(records).toEqual([
        { seq: 1, at: AT, ...RESUMED },
        { seq: 2, at: AT, ...ended(1) },
        { seq: 3, at: AT, ...RESUMED },
      ]);
      expect(journal.lastSeq).toBe(3);
    });

    it('tells nothing before append has returned', async () => {
      const { journal, told } = await open();
      journal.append(RESUMED);
      expect([journal.durableSeq, told]).toEqual([0, []]);
      await journal.flush();
      expect([journal.durableSeq, told]).toEqual([1, [1]]);
    });

    it('puts what is appended together on disk together', async () => {
      const { journal, told } = await open();
      for (let n = 0; n < 100; n++) journal.append(RESUMED);
      await journal.flush();
      expect(told).toEqual([100]);
    });

    it('takes facts from its listener, and tells of them later', async () => {
      const { journal, told } = await open((seq, own) => {
        if (seq < 5) own.append(RESUMED);
      });
      journal.append(RESUMED);
      while (journal.durableSeq < 5) await journal.flush();
      expect(told).toEqual([1, 2, 3, 4, 5]);
    });

    it('has told its listener before flush resolves', async () => {
      const { journal, told } = await open();
      const toldAtFlush: number[][] = [];
      for (let n = 1; n <= 3; n++) {
        journal.append(RESUMED);
        await journal.flush();
        toldAtFlush.push([...told]);
      }
      expect(toldAtFlush).toEqual([[1], [1, 2], [1, 2, 3]]);
    });

    it('never tells of more than was appended, nor less than before', async () => {
      const { journal, told } = await open();
      for (let n = 1; n <= 300; n++) {
        journal.append(RESUMED);
        if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(journal.durableSeq).toBeLessThanOrEqual(n);
      }
      await journal.flush();
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect([new Set(told).size, told.at(-1)]).toEqual([told.length, 300]);
    });

    it('gives back every value as it was taken', async () => {
      const { journal } = await open();
      const values = [
        ...NAUGHTY_STRINGS,
        JSON.parse('{"__proto__":{"x":1},"constructor":2,"10":3,"9":4,"":5,"durable":6,"crc":"7"}'),
        { seq: 99, at: 'never', type: 'run.finished' },
        [0, -0.5, 1e300, 5e-324, Number.MAX_SAFE_INTEGER, true, null, [], {}],
        'line\nbreak\r\u2028\u2029\u0000\u007f',
        '🦀'.repeat(75_000),
        null,
      ];
      for (const value of values) journal.append(ended(value));
      await journal.flush();
      const back = (await all(journal.read())).map((record) =>
        JSON.stringify('output' in record ? record.output : 'none'),
      );
      expect(back).toEqual(values.map((value) => JSON.stringify(value)));
    });

    it('reads from any record on', async () => {
      const { journal } = await open();
      const records = Array.from({ length: 5 }, () => journal.append(RESUMED));
      await journal.flush();
      for (let from = 1; from <= 6; from++)
        expect(await all(journal.read(from))).toEqual(records.slice(from - 1));
    });

    it('has readers that go on where they were, each for itself, and can go back', async () => {
      const { journal } = await open();
      const records: JournalRecord[] = [];
      const [first, second] = [journal.reader(), journal.reader()];
      expect(await all(first.read(1))).toEqual([]);
      for (let n = 0; n < 4; n++) {
        records.push(journal.append(RESUMED));
        await journal.flush();
        expect(await all(first.read(records.length))).toEqual(records.slice(-1));
      }
      expect(await all(first.read(records.length + 1))).toEqual([]);
      expect(await all(second.read(2))).toEqual(records.slice(1));
      expect(await all(first.read(2))).toEqual(records.slice(1));
    });

    it('reads what was on disk when asked, and nothing younger', async () => {
      const { journal } = await open();
      journal.append(RESUMED);
      journal.append(RESUMED);
      await journal.flush();
      const before = journal.read();
      journal.append(RESUMED);
      expect((await all(journal.read())).map(({ seq }) => seq)).toEqual([1, 2]);
      await journal.flush();
      expect((await all(before)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect((await all(journal.read())).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    });

    it('refuses what JSON can not hold, and leaves no gap', async () => {
      const { journal } = await open();
      journal.append(RESUMED);
      expect(() => journal.append(ended(1n))).toThrow(JournalWriteError);
      expect(journal.append(RESUMED).seq).toBe(2);
      await journal.flush();
      expect(await all(journal.read())).toHaveLength(2);
    });

    it('puts on disk what is left when it is closed, and takes nothing after', async () => {
      const { journal, told, failures } = await open();
      journal.append(RESUMED);
      await Promise.all([journal.close(), journal.close()]);
      expect(told).toEqual([1]);
      expect(() => journal.append(RESUMED)).toThrow(JournalWriteError);
      await journal.flush();
      await journal.close();
      expect([journal.lastSeq, failures]).toEqual([1, []]);
    });
  });
}
