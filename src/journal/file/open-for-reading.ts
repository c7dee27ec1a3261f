import { JournalReadError } from '../../errors.js';
import type { FileSystem, OpenFile } from '../../platform/file-system.js';
import { UnsafeFileError } from '../../platform/own-file.js';

/** A file whose failures to be read are JournalReadErrors, told apart from all that its reader does with it. */
export async function openForReading(fileSystem: FileSystem, path: string): Promise<OpenFile> {
  const failed = (error: unknown): never => {
    throw error instanceof UnsafeFileError ? error : new JournalReadError(path, error);
  };
  const file = await fileSystem.open(path, 'read').catch(failed);
  return {
    ...file,
    read: (into, position) => file.read(into, position).catch(failed),
    close: () => file.close().catch(() => {}), // makes nothing that was read less true
  };
}
