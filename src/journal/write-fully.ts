import type { OpenFile } from '../world/file-system.js';

/** Bytes handed to the system in one go. */
const WRITE_SIZE = 1024 * 1024;

/** Writes all bytes. A system that takes none, and says nothing, is out of space. Throws what it says, or ENOSPC. */
export function writeFully(file: OpenFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = file.write(bytes.subarray(at));
    if (taken <= 0)
      throw Object.assign(new Error('ENOSPC: the system took no bytes'), { code: 'ENOSPC' });
    at += taken;
  }
}

/**
 * Writes lines, which end in a newline already, some at a time, so that many take no second copy of all.
 * Returns how many bytes they are.
 */
export function writeLines(file: OpenFile, lines: readonly string[]): number {
  let written = 0;
  let text = '';
  const write = (): void => {
    const bytes = Buffer.from(text);
    writeFully(file, bytes);
    written += bytes.length;
    text = '';
  };
  for (const line of lines) {
    text += line;
    if (text.length >= WRITE_SIZE) write();
  }
  if (text !== '') write();
  return written;
}
