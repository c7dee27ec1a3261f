const BACKSLASH = 0x5c;
const U = 0x75;
/** Escapes that stand for white space, by the character behind the backslash: `\n`, `\r`, `\t`. */
const SPACES: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/**
 * Reads one escape of a JSON string (RFC 8259, section 7), however often it was escaped itself: `\n`, `\\n`, `\u2502`.
 * It begins with {@link open}, at a backslash.
 */
export class JsonEscape {
  isOpen = false;
  /** Hex digits of `\uXXXX` still to come, and their value so far. */
  #digits = 0;
  #value = 0;

  open(): void {
    this.isOpen = true;
    this.#digits = 0;
    this.#value = 0;
  }

  close(): void {
    this.isOpen = false;
  }

  /** Takes the next character. Gives the code that the escape stands for; undefined while it goes on; null when it is none of these. */
  read(code: number): number | undefined | null {
    if (this.#digits > 0) return this.#digit(code);
    if (code === BACKSLASH) return undefined;
    if (code === U) {
      this.#digits = 4;
      return undefined;
    }
    this.isOpen = false;
    return SPACES.get(code) ?? null;
  }

  #digit(code: number): number | undefined | null {
    const digit = Number.parseInt(String.fromCharCode(code), 16);
    this.#value = this.#value * 16 + digit;
    this.#digits--;
    if (this.#digits > 0 && !Number.isNaN(digit)) return undefined;
    this.isOpen = false;
    return Number.isNaN(this.#value) ? null : this.#value;
  }
}
