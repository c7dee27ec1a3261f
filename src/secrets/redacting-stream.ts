import type { Cover, Reader } from './readers.js';

/**
 * Redacts a text that comes in pieces; how it is cut makes no difference. Hands on at once what can't be
 * part of a secret, and keeps back at most the beginning of one. Everything that needles cover is
 * replaced, with one mark where they overlap, or touch and are of one secret.
 */
export class RedactingStream {
  readonly #strict: Reader;
  readonly #broken: Reader;
  readonly #table: Reader;
  /** What is kept back, then the piece being read; positions count from its beginning. */
  #text = '';
  /** Up to here the text was handed on or replaced. */
  #done = 0;
  #out = '';
  /** Covered parts that a needle may still come to cover from farther ahead; in order, apart from each other. */
  #covers: Cover[] = [];
  /** The mark that stands right before `#done`, if one does. */
  #before: string | undefined;

  /** `strict` finds secrets as they are, `broken` those that were broken into lines, `table` those with text of other columns between. */
  constructor(strict: Reader, broken: Reader, table: Reader) {
    this.#strict = strict;
    this.#broken = broken;
    this.#table = table;
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
    this.#broken.forget();
    this.#table.forget();
    return this.#release();
  }

  /** The rest, when no more comes. */
  end(): string {
    this.#strict.forget();
    return this.pause();
  }

  #read(from: number): void {
    const text = this.#text;
    const strict = this.#strict;
    const broken = this.#broken;
    const table = this.#table;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      // Most of a text is neither part nor beginning of a needle.
      const isIdle = strict.isIdle && broken.isIdle && table.isIdle;
      if (isIdle && !strict.begins(code) && !broken.begins(code)) continue;
      const found = strict.read(code, at);
      const foundBroken = broken.read(code, at);
      const foundInTable = table.read(code, at);
      if (found !== undefined) this.#cover(found);
      if (foundBroken !== undefined) this.#cover(foundBroken);
      if (foundInTable !== undefined) this.#cover(foundInTable);
      if (this.#covers.length > 0) this.#settle(this.#safe(at + 1));
    }
  }

  /** No needle still to be found begins before that. */
  #safe(end: number): number {
    return Math.min(this.#strict.begun(end), this.#broken.begun(end), this.#table.begun(end));
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
    this.#strict.moveOn(by);
    this.#broken.moveOn(by);
    this.#table.moveOn(by);
    this.#done -= by;
  }
}
