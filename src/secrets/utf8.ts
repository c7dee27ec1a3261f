/** What an invalid byte counts as: it is no border, whatever its value. */
export const INVALID = 0xfffd;

/** Reads characters from bytes of UTF-8 that come one by one. Bytes that are no UTF-8 are a character each. */
export class Utf8Reader {
  /** Bytes of a character that is not complete. */
  #bytes: number[] = [];
  #missing = 0;
  #char = 0;

  /** How many bytes are kept back. */
  get held(): number {
    return this.#bytes.length;
  }

  /** Whether the byte does not continue the character that was begun. */
  breaks(byte: number): boolean {
    return this.#missing > 0 && (byte & 0xc0) !== 0x80;
  }

  /** Takes a byte; gives the character that it completes. */
  read(byte: number): number | undefined {
    this.#bytes.push(byte);
    if (this.#missing === 0) this.#open(byte);
    else {
      this.#char = (this.#char << 6) | (byte & 0x3f);
      this.#missing--;
    }
    return this.#missing > 0 ? undefined : this.#char;
  }

  /** The bytes kept back, which are kept no longer. */
  take(): readonly number[] {
    const bytes = this.#bytes;
    this.#bytes = [];
    this.#missing = 0;
    return bytes;
  }

  #open(byte: number): void {
    this.#missing = byte < 0xc2 || byte > 0xf4 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte < 0x80) this.#char = byte;
    else this.#char = this.#missing === 0 ? INVALID : byte & (0x3f >> this.#missing);
  }
}

/** The bytes of a character in UTF-8; a lone surrogate is written as the character for invalid ones. */
export function utf8Of(char: number): readonly number[] {
  if (char < 0x80) return [char];
  if (char < 0x800) return [0xc0 | (char >> 6), tail(char)];
  if (char >= 0xd800 && char <= 0xdfff) return utf8Of(INVALID);
  if (char < 0x10000) return [0xe0 | (char >> 12), tail(char >> 6), tail(char)];
  return [0xf0 | (char >> 18), tail(char >> 12), tail(char >> 6), tail(char)];
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
