import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { NuflowError } from '../../src/errors.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { JournalRecord } from '../../src/journal/records/record.js';
import type { FileSystem } from '../../src/platform/file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { JOURNAL, Notes, platformWith } from './rig.js';
import { type Session, writeSession } from './sessions.js';

/** A journal as it was written. */
export interface Original {
  readonly bytes: Buffer;
  /** With their line ends. */
  readonly lines: readonly string[];
  readonly records: readonly JournalRecord[];
  /** The records as JSON. */
  readonly texts: readonly string[];
}

export async function written(session: Session): Promise<Original> {
  const fileSystem = new MemoryFileSystem();
  await writeSession(platformWith(fileSystem), JOURNAL, session);
  const bytes = fileSystem.bytes(JOURNAL);
  const { records } = await opened(fileSystem, JOURNAL);
  const texts = records.map((record) => JSON.stringify(record));
  return { bytes, lines: String(bytes).split(/(?<=\n)/), records, texts };
}

/** What opening a file for appending came to. */
interface Opened {
  readonly records: readonly JournalRecord[];
  readonly journal?: FileJournal;
  readonly refused?: NuflowError;
}

async function opened(fileSystem: FileSystem, path: string): Promise<Opened> {
  const records: JournalRecord[] = [];
  try {
    const platform = platformWith(fileSystem);
    const take = (record: JournalRecord) => records.push(record);
    const journal = await FileJournal.open(platform, path, new Notes(), take);
    await journal.close();
    return { records, journal };
  } catch (error) {
    if (!(error instanceof NuflowError)) throw error;
    return { records, refused: error };
  }
}

/** Whether a file was read as far as it goes, or refused. */
export type Judgement = 'whole' | 'torn' | 'refused';

/**
 * Opens what became of a journal, and holds the answer against the original: what is read is exactly
 * the beginning of what was written, and no less than what a surviving line says was synced, or the file
 * is refused with the place and left alone. What is cut is kept, and appending goes on behind it.
 */
export async function judge(original: Original, bytes: Buffer): Promise<Judgement> {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(JOURNAL, bytes);
  return judgeFile(original, bytes, { fileSystem, path: JOURNAL });
}

export async function judgeFile(
  original: Original,
  bytes: Buffer,
  at: { readonly fileSystem: FileSystem; readonly path: string },
): Promise<Judgement> {
  const { records, refused } = await opened(at.fileSystem, at.path);
  const good = records.length;
  const kept = goodBytes(original, good);
  begins(records, original);
  if (bytes.compare(kept, 0, kept.length, 0, kept.length) !== 0) fail('it read what is not there');
  const files = await contents(at.fileSystem, dirname(at.path));
  if (refused !== undefined) {
    assertRefusal(refused, at.path, good, kept.length);
    sameFiles(files, [bytes]);
    return 'refused';
  }
  if (good < synced(original, bytes)) fail(`it read ${good} records, fewer than were synced`);
  const torn = bytes.subarray(kept.length);
  sameFiles(files, torn.length === 0 ? [kept] : [kept, torn]);
  await assertGoesOn(at, original, good);
  return torn.length === 0 ? 'whole' : 'torn';
}

function goodBytes({ lines }: Original, good: number): Buffer {
  return Buffer.from(lines.slice(0, good).join(''));
}

/** The most that the claims left in these bytes say was synced. */
function synced({ lines }: Original, bytes: Buffer): number {
  let most = 0;
  for (const line of lines) {
    const claim = /"durable":(\d+),"crc":"[0-9a-f]{8}"\}\n$/.exec(line);
    if (claim !== null && bytes.includes(claim[0])) most = Math.max(most, Number(claim[1]));
  }
  return most;
}

function assertRefusal(refused: NuflowError, file: string, good: number, offset: number): void {
  if (!/^NUFLOW_JOURNAL_(DAMAGED|FORMAT)$/.test(refused.code)) throw refused;
  if (refused.code === 'NUFLOW_JOURNAL_FORMAT' && good > 0) throw refused;
  const { file: named, line, offset: at } = refused.details;
  same([named, line, at], [file, good + 1, offset]);
}

/** The journal's content, then that of the files beside it. */
async function contents(fileSystem: FileSystem, folder: string): Promise<Buffer[]> {
  const names = (await fileSystem.list(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = await fileSystem.open(join(folder, name), 'read');
      const into = Buffer.alloc((await fileSystem.size(join(folder, name))) ?? 0);
      await file.read(into, 0);
      await file.close();
      return into;
    }),
  );
}

async function assertGoesOn(
  { fileSystem, path }: { readonly fileSystem: FileSystem; readonly path: string },
  original: Original,
  good: number,
): Promise<void> {
  const journal = await FileJournal.open(platformWith(fileSystem), path, new Notes(), () => {});
  const record = journal.append({ type: 'run.resumed', pid: 1 });
  await journal.close();
  const { records } = await opened(fileSystem, path);
  begins(records.slice(0, good), original);
  same(records.slice(good), [record]);
}

/** Compares by text first: expect takes its time, and this is asked a hundred thousand times. */
function same(found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found).toEqual(wanted);
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1');

function sameFiles(found: readonly Buffer[], wanted: readonly Buffer[]): void {
  const areSame =
    found.length === wanted.length &&
    found.every((bytes, index) => bytes.equals(wanted[index] as Buffer));
  if (!areSame) expect(found.map(latin1)).toEqual(wanted.map(latin1));
}

/** Whether records are exactly the first of the original's. */
function begins(records: readonly JournalRecord[], original: Original): void {
  if (!records.every((record, index) => JSON.stringify(record) === original.texts[index]))
    expect(records).toEqual(original.records.slice(0, records.length));
}

function fail(why: string): never {
  throw new Error(why);
}
