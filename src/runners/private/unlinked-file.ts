import { randomBytes } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A descriptor, at its start, of a file that holds the text and has no name: it is gone when the last process that
 * has it open is. For a moment it is in the folder, empty. The caller closes it. Throws what the file system says.
 */
export function unlinkedFile(folder: string, text: string): number {
  const path = join(folder, `nuflow-${randomBytes(16).toString('hex')}`);
  const fd = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path); // before anything is in it
    write(fd, Buffer.from(text));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** At places of its own, so that the descriptor's position stays at the start. */
function write(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
}
