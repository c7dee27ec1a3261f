import type { OpenFile } from '../world/file-system.js';

/** Bytes handed to the system in one go. */
const WRITE_SIZE = 1024 * 1024;

/** Writes all bytes; a system that takes none is out of space or broken, and throws. */
export function writeFully(file: OpenFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = file.write(bytes.subarray(at));
    if (taken <= 0) throw new Error('the system took no bytes');
    at += taken;
  }
}

/** Writes lines, which end in a newline already, some at a time, so that many take no second copy of all. */
export function writeLines(file: OpenFile, lines: readonly string[]): void {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < WRITE_SIZE) continue;
    writeFully(file, Buffer.from(text));
    text = '';
  }
  if (text !== '') writeFully(file, Buffer.from(text));
}
