import type { OpenFile } from '../../platform/file-system.js';
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

/** Writes texts one behind the other: short ones together, long ones in pieces, so that much takes no second copy of all. */
export class TextWriter {
  readonly #file: OpenFile;
  #gathered = '';
  #written = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Throws as {@link writeFully}. */
  add(text: string): void {
    if (isOnePiece(text)) this.#gathered += text;
    if (isOnePiece(text) && isOnePiece(this.#gathered)) return;
    this.end();
    if (!isOnePiece(text)) for (const bytes of bytePieces(text)) this.#write(bytes);
  }

  /** Writes what is left; returns how many bytes were written in all. */
  end(): number {
    if (this.#gathered !== '') this.#write(Buffer.from(this.#gathered));
    this.#gathered = '';
    return this.#written;
  }

  #write(bytes: Uint8Array): void {
    writeFully(this.#file, bytes);
    this.#written += bytes.length;
  }
}
