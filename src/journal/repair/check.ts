import { IllegalRecordError, JournalDamagedError, JournalFormatError } from '../../errors.js';
import type { FileSystem } from '../../platform/file-system.js';
import { nodeFileSystem } from '../../platform/node-file-system.js';
import { absolutePath } from '../../platform/working-dir.js';
import { DataDir } from '../data-dir/data-dir.js';
import { BEGINNING, type Position, scan, type TakeRecord } from '../file/scan.js';
import { reduce } from '../records/reduce.js';
import type { RunState } from '../records/state.js';
import { type BadOutput, badOutputs, type NamedOutput, outputNamedBy } from './bad-outputs.js';

/** Which journal: a file, or a run of a data directory. */
export type JournalPlace = string | { readonly dataDir: string; readonly run: string };

/** What every check of a journal that is there says. */
interface Checked {
  readonly file: string;
  /** Good records, from the first one on; each can be read. */
  readonly records: number;
  /** Output files that these records name and that are not what was written; left out when there are none. */
  readonly outputs?: readonly BadOutput[];
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
  /** Every record is good, but some `outputs` are missing or changed: what needs them fails. Only a copy of them helps. */
  | (Checked & { readonly verdict: 'incomplete'; readonly outputs: readonly BadOutput[] })
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

/** A state as the records alone tell it. */
type CheckedRecords = Exclude<JournalCheck, { verdict: 'incomplete' | 'missing' }>;

/**
 * Reads a journal from end to end, whoever is writing it, and tells its state: every line by its
 * checksum, all records together by the rules of a run, and every output file that they name by its
 * size and SHA-256. Changes nothing. Throws InvalidRunIdError,
 * and JournalReadError for what the system can't read.
 */
export async function checkJournal(
  journal: JournalPlace,
  { fileSystem = nodeFileSystem }: { readonly fileSystem?: FileSystem } = {},
): Promise<JournalCheck> {
  const path =
    typeof journal === 'string'
      ? absolutePath(journal)
      : new DataDir(fileSystem, absolutePath(journal.dataDir)).journalPath(journal.run);
  return checkFile(fileSystem, path);
}

/** {@link checkJournal} of a file. */
export async function checkFile(fileSystem: FileSystem, file: string): Promise<JournalCheck> {
  if (!(await fileSystem.size(file))) return { verdict: 'missing', file };
  const { found, named } = await checkRecords(fileSystem, file);
  const outputs = await badOutputs(fileSystem, file, named);
  if (outputs.length === 0) return found;
  return found.verdict === 'ok'
    ? { ...found, verdict: 'incomplete', outputs }
    : { ...found, outputs };
}

/** What its records say, and the output files that the good ones name. */
async function checkRecords(
  fileSystem: FileSystem,
  file: string,
): Promise<{ readonly found: CheckedRecords; readonly named: readonly NamedOutput[] }> {
  let state: RunState | undefined;
  let good: Position = BEGINNING;
  const named: NamedOutput[] = [];
  const take: TakeRecord = (record, position) => {
    state = reduce(state, record);
    good = position;
    const output = outputNamedBy(record);
    if (output !== undefined) named.push(output);
    return true;
  };
  const found = await scan(fileSystem, file, BEGINNING, take).then(
    ({ tornBytes }) => whole(file, good, tornBytes),
    (error: unknown) => faultOf(error, file, good),
  );
  return { found, named };
}

function whole(file: string, good: Position, tornBytes: number): CheckedRecords {
  if (tornBytes === 0) return { verdict: 'ok', file, records: good.seq };
  return { verdict: 'torn', ...fault(file, good, 'the last write is not whole'), tornBytes };
}

function faultOf(error: unknown, file: string, good: Position): CheckedRecords {
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
