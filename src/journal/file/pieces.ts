import type { OpenFile } from '../../platform/file-system.js';

/** Bytes read first, and at most at a time: most journals are small, and memory outside the heap hastens V8's collector. */
const FIRST_CHUNK = 16 * 1024;
const CHUNK = 1024 * 1024;
/** Longer than any line can be (V8's longest string). */
const MAX_LINE = 512 * 1024 * 1024;

export const NEWLINE = 10;

/**
 * A file from byte `at` on in pieces of whole lines, the last one perhaps without its newline. Memory
 * grows with the longest line, not with the file; of a line that reaches `maxLine` bytes what was read
 * is handed on. A piece is only good until the next is asked for.
 */
export async function* pieces(
  file: OpenFile,
  at: number,
  maxLine = MAX_LINE,
): AsyncGenerator<Buffer, void, void> {
  let buffer = Buffer.allocUnsafe(FIRST_CHUNK);
  let filled = 0;
  for (;;) {
    const length = await file.read(buffer.subarray(filled), at);
    if (length === 0) break;
    at += length;
    filled += length;
    const end = buffer.subarray(filled - length, filled).lastIndexOf(NEWLINE);
    const whole = end === -1 ? 0 : filled - length + end + 1;
    const given = whole === 0 && filled >= maxLine ? filled : whole;
    if (given > 0) yield buffer.subarray(0, given);
    const wasFull = filled === buffer.length && buffer.length < CHUNK;
    buffer.copyWithin(0, given, filled);
    filled -= given;
    if (wasFull || filled > buffer.length / 2) buffer = grown(buffer, filled);
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

function grown(buffer: Buffer<ArrayBuffer>, filled: number): Buffer<ArrayBuffer> {
  const bigger = Buffer.allocUnsafe(buffer.length * 2);
  buffer.copy(bigger, 0, 0, filled);
  return bigger;
}
