import type { FileSystem } from '../../platform/file-system.js';
import { reduce } from '../records/reduce.js';
import type { RunState } from '../records/state.js';
import { BEGINNING, scan } from './scan.js';

/** A run as its file says. */
export interface ReadState {
  readonly state: RunState;
  /** The file ends in a write that is not whole: the writer is at it, or died. */
  readonly torn: boolean;
}

/**
 * Folds what is on disk, repairing nothing, whoever is writing it; undefined when there is no file or
 * no whole record. Throws JournalDamagedError, JournalFormatError, IllegalRecordError.
 */
export async function readState(
  fileSystem: FileSystem,
  path: string,
): Promise<ReadState | undefined> {
  if (!(await fileSystem.size(path))) return undefined;
  let state: RunState | undefined;
  const { tornBytes } = await scan(fileSystem, path, BEGINNING, (record) => {
    state = reduce(state, record);
    return true;
  });
  return state === undefined ? undefined : { state, torn: tornBytes > 0 };
}
