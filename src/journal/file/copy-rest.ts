import type { OpenFile } from '../../platform/file-system.js';
import { writeFully } from './write-fully.js';

const CHUNK = 64 * 1024;

/** Writes what is in `from`, from byte `at` to its end, behind what is in `to`. Not synced. */
export async function copyRest(from: OpenFile, at: number, to: OpenFile): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let length = await from.read(chunk, at); length > 0; length = await from.read(chunk, at)) {
    writeFully(to, chunk.subarray(0, length));
    at += length;
  }
}
