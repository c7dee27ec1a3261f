/** A part of the text that a needle covers, and what stands in its place. */
export interface Cover {
  readonly from: number;
  readonly to: number;
  readonly mark: string;
}

/** Reads a text character by character, and says what is covered. Positions count from a place that moves on. */
export interface Reader {
  /** Takes the character at a position; a needle that ends with it. */
  read(code: number, at: number): Cover | undefined;
  /** Whether what was read is the beginning of no needle: then only a character that begins one need be read. */
  readonly isIdle: boolean;
  /** Whether a needle begins with the character. */
  begins(code: number): boolean;
  /** Where the needle begins that the text read up to `end` may be the beginning of; `end` when it is none. */
  begun(end: number): number;
  /** Forgets what may be the beginning of a needle. */
  forget(): void;
  /** From now on positions are less by so much. */
  moveOn(by: number): void;
}
