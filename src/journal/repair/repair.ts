import { dirname } from 'node:path';
import {
  JournalFormatError,
  JournalWriteError,
  NuflowError,
  RunNotFoundError,
} from '../../errors.js';
import { type Platform, systemPlatform } from '../../platform/platform.js';
import { absolutePath } from '../../platform/working-dir.js';
import { RunIndex } from '../catalog/run-index.js';
import { DataDir } from '../data-dir/data-dir.js';
import { lockDataDir } from '../data-dir/lock-data-dir.js';
import { copyRest } from '../file/copy-rest.js';
import { openForReading } from '../file/open-for-reading.js';
import { syncFolder } from '../file/sync-folder.js';
import type { BadOutput } from './bad-outputs.js';
import { checkFile, type JournalCheck } from './check.js';
import { type LostRecords, lostRecords } from './lost-records.js';
import { JournalNotRepairableError } from './repair-errors.js';

/** What {@link repairJournal} did. */
export type JournalRepair =
  /** The journal was good; nothing was changed. */
  | {
      readonly repaired: false;
      readonly file: string;
      readonly records: number;
      /** What can't be repaired: see {@link BadOutput}; left out when there are none. */
      readonly outputs?: readonly BadOutput[];
    }
  | {
      readonly repaired: true;
      readonly file: string;
      /** Records that were kept. */
      readonly records: number;
      /** What was wrong; its `outputs` still are. */
      readonly before: Broken;
      /** The whole journal as it was. */
      readonly copy: string;
      readonly lost: LostRecords;
    };

/** A journal that is not good. */
type Bad = Exclude<JournalCheck, { verdict: 'ok' | 'incomplete' }>;
type Broken = JournalCheck & { readonly verdict: 'torn' | 'damaged' };

/**
 * Makes a damaged journal usable again: keeps a copy of the whole beside it, then cuts it to its last good
 * record. The run can be resumed then, and goes on from there: a task whose records are lost counts as
 * not run and runs again, so see to it first that nothing of the run is still going. A good journal is
 * left alone. An output file that is missing or changed can't be repaired: it is named, and stays as it is.
 *
 * Takes the lock of the data directory meanwhile. Throws DataDirLockedError, RunNotFoundError,
 * InvalidRunIdError, JournalFormatError (a newer nuflow wrote it), JournalNotRepairableError,
 * JournalReadError, JournalWriteError.
 */
export async function repairJournal(
  { dataDir, run }: { readonly dataDir: string; readonly run: string },
  { platform = systemPlatform }: { readonly platform?: Platform } = {},
): Promise<JournalRepair> {
  const dir = new DataDir(platform.fileSystem, absolutePath(dataDir));
  const file = dir.journalPath(run);
  // Before the lock, whose file would be made.
  if (!(await platform.fileSystem.size(file))) throw new RunNotFoundError(run, dir.path);
  await dir.assertOwn();
  const lock = await lockDataDir(platform, dir);
  try {
    const found = await checkFile(platform.fileSystem, file);
    if (found.verdict === 'ok' || found.verdict === 'incomplete') {
      const { verdict: _, ...rest } = found;
      return { repaired: false, ...rest };
    }
    return await repair(platform, dir, run, assertRepairable(found, run, dir));
  } finally {
    await lock.release();
  }
}

function assertRepairable(found: Bad, run: string, dir: DataDir): Broken {
  switch (found.verdict) {
    case 'torn':
    case 'damaged':
      if (found.records === 0) throw new JournalNotRepairableError(run, found.file, found.why);
      return found;
    case 'unknownFormat':
      throw new JournalFormatError(found.file, found.line, found.offset, found.why, found.format);
    default:
      throw new RunNotFoundError(run, dir.path);
  }
}

async function repair(
  platform: Platform,
  dir: DataDir,
  run: string,
  before: Broken,
): Promise<JournalRepair> {
  const { file, records, offset } = before;
  const lost = await lostRecords(platform.fileSystem, file, offset);
  try {
    const copy = await keepCopy(platform, file);
    // First: should the cut succeed and this not, the index would tell of a run that has ended.
    await RunIndex.forget(platform, dir, run);
    await cut(platform, file, offset);
    return { repaired: true, file, records, before, copy, lost };
  } catch (error) {
    throw error instanceof NuflowError ? error : new JournalWriteError(file, error);
  }
}

/** Copies the journal to a new file beside it; resolves when that is on disk. */
async function keepCopy({ fileSystem, random }: Platform, file: string): Promise<string> {
  const copy = `${file}.before-repair-${random.hex(4)}`;
  const from = await openForReading(fileSystem, file);
  try {
    const to = await fileSystem.open(copy, 'create');
    try {
      await copyRest(from, 0, to);
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  await syncFolder(fileSystem, dirname(file));
  return copy;
}

async function cut({ fileSystem }: Platform, path: string, size: number): Promise<void> {
  const file = await fileSystem.open(path, 'append');
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}
