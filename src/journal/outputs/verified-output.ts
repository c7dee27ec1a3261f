import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FileSystem } from '../../platform/file-system.js';
import type { OutputFile } from '../records/record.js';
import { OutputFileError } from '../storage-errors.js';

/** Read or hashed between two turns of the event loop, bytes. */
const PIECE = 1024 * 1024;
/** The only paths that are ever written; a journal that names another is not ours to follow. */
const OUTPUT_PATH = /^outputs\/[A-Za-z0-9][A-Za-z0-9.-]*$/;

/** Bytes of an output file that a record of the run names: what was written, or OutputFileError. */
export async function verifiedOutput(
  fileSystem: FileSystem,
  runDir: string,
  file: OutputFile,
): Promise<Buffer> {
  const path = join(runDir, file.path);
  if (!OUTPUT_PATH.test(file.path))
    throw new OutputFileError(path, 'is no place where outputs are kept');
  const bytes = await readExpected(fileSystem, path, file.bytes);
  const found = await digest(bytes);
  if (found === file.sha256) return bytes;
  throw new OutputFileError(path, `has SHA-256 ${found} instead of ${file.sha256}`);
}

/** SHA-256, in hex. */
export async function digest(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + PIECE));
  }
  return hash.digest('hex');
}

async function readExpected(
  fileSystem: FileSystem,
  path: string,
  expected: number,
): Promise<Buffer> {
  try {
    const size = await fileSystem.size(path);
    if (size === undefined) throw new OutputFileError(path, 'is missing');
    if (size !== expected)
      throw new OutputFileError(path, `has ${size} bytes instead of ${expected}`);
    return await readWhole(fileSystem, path, size);
  } catch (error) {
    if (error instanceof OutputFileError) throw error;
    const { message } = error as Error;
    throw new OutputFileError(path, `could not be read (${message})`, error);
  }
}

/** The file's first `size` bytes; fewer when it became shorter. */
async function readWhole(fileSystem: FileSystem, path: string, size: number): Promise<Buffer> {
  const file = await fileSystem.open(path, 'read');
  try {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    for (let length = -1; length !== 0 && filled < size; filled += length)
      length = await file.read(bytes.subarray(filled, filled + PIECE), filled);
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
