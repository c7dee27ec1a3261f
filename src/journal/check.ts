import { resolve } from 'node:path';
import { IllegalRecordError, JournalDamagedError, JournalFormatError } from '../errors.js';
import type { FileSystem } from '../world/file-system.js';
import { nodeFileSystem } from '../world/node-file-system.js';
import { DataDir } from './data-dir.js';
import { reduce } from './reduce.js';
import { BEGINNING, type Position, scan } from './scan.js';
import type { RunState } from './state.js';

/** Which journal: a file, or a run of a data directory. */
export type JournalPlace = string | { readonly dataDir: string; readonly run: string };

/** What every check of a journal that is there says. */
interface Checked {
  readonly file: string;
  /** Good records, from the first one on; each can be read. */
  readonly records: number;
}

/** Where the first record that is not good begins, and what is wrong with it. */
interface Fault extends Checked {
  /** Counted from 1. */
  readonly line: number;
  /** In bytes, counted from 0. */
  readonly offset: number;
  readonly why: string;
}

/** The state of a journal, as data. */
export type JournalCheck =
  | (Checked & { readonly verdict: 'ok' })
  /**
   * It ends in a write that is not whole: its writer died, or is at it. Not harmful: the next open cuts it off.
   */
  | (Fault & { readonly verdict: 'torn'; readonly tornBytes: number })
  /** Other bytes than were written, or records that contradict each other. It is refused until it is repaired. */
  | (Fault & { readonly verdict: 'damaged' })
  /** Written by a newer nuflow. `format` is what the first line names, when that is what is not known. */
  | (Fault & { readonly verdict: 'unknownFormat'; readonly format?: unknown })
  /** There is no such file, or nothing in it: no such run was ever accepted. */
  | { readonly verdict: 'missing'; readonly file: string };

/**
 * Reads a journal from end to end, whoever is writing it, and tells its state: every line by its
 * checksum, and all records together by the rules of a run. Changes nothing. Throws InvalidRunIdError,
 * and JournalReadError for what the system can't read.
 */
export async function checkJournal(
  journal: JournalPlace,
  { fileSystem = nodeFileSystem }: { readonly fileSystem?: FileSystem } = {},
): Promise<JournalCheck> {
  const path =
    typeof journal === 'string'
      ? resolve(journal)
      : new DataDir(fileSystem, resolve(journal.dataDir)).journalPath(journal.run);
  return checkFile(fileSystem, path);
}

/** {@link checkJournal} of a file. */
export async function checkFile(fileSystem: FileSystem, file: string): Promise<JournalCheck> {
  if (!(await fileSystem.size(file))) return { verdict: 'missing', file };
  let state: RunState | undefined;
  let good: Position = BEGINNING;
  try {
    const { tornBytes } = await scan(fileSystem, file, BEGINNING, (record, position) => {
      state = reduce(state, record);
      good = position;
      return true;
    });
    if (tornBytes === 0) return { verdict: 'ok', file, records: good.seq };
    return { verdict: 'torn', ...fault(file, good, 'the last write is not whole'), tornBytes };
  } catch (error) {
    return faultOf(error, file, good);
  }
}

function faultOf(error: unknown, file: string, good: Position): JournalCheck {
  if (error instanceof JournalDamagedError)
    return { verdict: 'damaged', ...fault(file, good, String(error.details.why)) };
  if (error instanceof IllegalRecordError) {
    const { type, why } = error.details;
    return { verdict: 'damaged', ...fault(file, good, `${type} can't stand here: ${why}`) };
  }
  if (!(error instanceof JournalFormatError)) throw error;
  const { why, format } = error.details;
  const known = format === undefined ? {} : { format };
  return { verdict: 'unknownFormat', ...fault(file, good, String(why)), ...known };
}

function fault(file: string, { seq, offset }: Position, why: string): Fault {
  return { file, records: seq, line: seq + 1, offset, why };
}
