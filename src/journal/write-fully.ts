import type { OpenFile } from '../world/file-system.js';
import { bytePieces, isOnePiece } from './text-pieces.js';

/** Writes all bytes. A system that takes none, and says nothing, is out of space. Throws what it says, or ENOSPC. */
export function writeFully(file: OpenFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = file.write(bytes.subarray(at));
    if (taken <= 0)
      throw Object.assign(new Error('ENOSPC: the system took no bytes'), { code: 'ENOSPC' });
    at += taken;
  }
}

/** Writes texts one behind the other, some at a time, so that much takes no second copy of all. Returns how many bytes they are. */
export function writeTexts(file: OpenFile, texts: readonly string[]): number {
  let written = 0;
  let gathered = '';
  const write = (bytes: Uint8Array): void => {
    writeFully(file, bytes);
    written += bytes.length;
  };
  for (const text of texts) {
    if (isOnePiece(text)) gathered += text;
    if (isOnePiece(text) && isOnePiece(gathered)) continue;
    write(Buffer.from(gathered));
    gathered = '';
    if (!isOnePiece(text)) for (const bytes of bytePieces(text)) write(bytes);
  }
  if (gathered !== '') write(Buffer.from(gathered));
  return written;
}
