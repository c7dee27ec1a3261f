import type { Cover, Reader } from './reader.js';

/**
 * Redacts a text that comes in pieces; how it is cut makes no difference. Hands on at once what can't be
 * part of a secret, and keeps back at most the beginning of one. Everything that needles cover is
 * replaced, with one mark where they overlap, or touch and are of one secret.
 */
export class RedactingStream {
  readonly #readers: readonly Reader[];
  readonly #broken: readonly Reader[];
  /** What is kept back, then the piece being read; positions count from its beginning. */
  #text = '';
  /** Up to here the text was handed on or replaced. */
  #done = 0;
  #out = '';
  /** Covered parts that a needle may still come to cover from farther ahead; in order, apart from each other. */
  #covers: Cover[] = [];
  /** The mark that stands right before `#done`, if one does. */
  #before: string | undefined;

  /** `whole` find secrets in one line, `broken` those that were broken into lines. */
  constructor(whole: readonly Reader[], broken: readonly Reader[]) {
    this.#readers = [...whole, ...broken];
    this.#broken = broken;
  }

  /** Takes a piece; returns what may be handed on. */
  push(piece: string): string {
    const from = this.#text.length;
    this.#text += piece;
    this.#read(from);
    return this.#release();
  }

  /** For a pause in what comes: returns also what could be a secret only if it went on in the next line. */
  pause(): string {
    for (const reader of this.#broken) reader.forget();
    return this.#release();
  }

  /** The rest, when no more comes. */
  end(): string {
    for (const reader of this.#readers) reader.forget();
    return this.#release();
  }

  #read(from: number): void {
    const text = this.#text;
    const readers = this.#readers;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      for (let n = 0; n < readers.length; n++) {
        const reader = readers[n] as Reader;
        // Most of a text is neither part nor beginning of a needle.
        if (reader.isIdle && !reader.begins(code)) continue;
        const found = reader.read(code, at);
        if (found !== undefined) this.#cover(found);
      }
      if (this.#covers.length > 0) this.#settle(this.#safe(at + 1));
    }
  }

  /** No needle still to be found begins before that. */
  #safe(end: number): number {
    let safe = end;
    for (const reader of this.#readers) safe = Math.min(safe, reader.begun(end));
    return safe;
  }

  /** Needles come in the order of their ends, so a new one can only swallow or extend the last ones. */
  #cover(cover: Cover): void {
    let { from, mark } = cover;
    for (let last = this.#covers.at(-1); last !== undefined; last = this.#covers.at(-1)) {
      if (last.to < from || (last.to === from && last.mark !== mark)) break;
      if (last.from < from) ({ from, mark } = last);
      this.#covers.pop();
    }
    this.#covers.push({ from, to: cover.to, mark });
  }

  /** Covers that begin up to `safe` are final. */
  #settle(safe: number): void {
    for (let cover = this.#covers[0]; cover !== undefined && cover.from <= safe; ) {
      this.#replace(cover);
      this.#covers.shift();
      cover = this.#covers[0];
    }
  }

  #replace({ from, to, mark }: Cover): void {
    if (from > this.#done) this.#handOn(from);
    const continues = from < this.#done || this.#before === mark;
    if (!continues) this.#out += mark;
    this.#before = mark;
    this.#done = Math.max(this.#done, to);
  }

  #handOn(to: number): void {
    this.#out += this.#text.slice(this.#done, to);
    this.#done = to;
    this.#before = undefined;
  }

  /** What is settled, and the text behind it that nothing covers. */
  #release(): string {
    const safe = this.#safe(this.#text.length);
    this.#settle(safe);
    if (safe > this.#done) this.#handOn(safe);
    const out = this.#out;
    this.#moveOn(this.#done);
    this.#out = '';
    return out;
  }

  #moveOn(by: number): void {
    this.#text = this.#text.slice(by);
    this.#covers = this.#covers.map((it) => ({ ...it, from: it.from - by, to: it.to - by }));
    for (const reader of this.#readers) reader.moveOn(by);
    this.#done -= by;
  }
}
