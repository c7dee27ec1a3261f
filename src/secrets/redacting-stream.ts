import type { Automaton } from './automaton.js';

/** A part of the text that needles cover, and what stands in its place. */
interface Cover {
  readonly from: number;
  readonly to: number;
  readonly mark: string;
}

/**
 * Redacts a text that comes in pieces; how it is cut makes no difference. Hands on at once what can't be
 * part of a secret, and keeps back at most the beginning of one. Everything that needles cover is
 * replaced, with one mark where they overlap, or touch and are of one secret.
 */
export class RedactingStream {
  readonly #automaton: Automaton;
  #state: number;
  /** What is kept back, then the piece being read; positions count from its beginning. */
  #text = '';
  /** Up to here the text was handed on or replaced. */
  #done = 0;
  #out = '';
  /** Covered parts that a needle may still come to cover from farther ahead; in order, apart from each other. */
  #covers: Cover[] = [];
  /** The mark that stands right before `#done`, if one does. */
  #before: string | undefined;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#state = automaton.start;
  }

  /** Takes a piece; returns what may be handed on. */
  push(piece: string): string {
    const from = this.#text.length;
    this.#text += piece;
    this.#read(from);
    return this.#release(this.#text.length - this.#automaton.depth(this.#state));
  }

  /** The rest, when no more comes. */
  end(): string {
    this.#state = this.#automaton.start;
    this.#settle(this.#text.length);
    return this.#release(this.#text.length);
  }

  #read(from: number): void {
    const text = this.#text;
    const automaton = this.#automaton;
    let state = this.#state;
    for (let i = from; i < text.length; i++) {
      state = automaton.next(state, text.charCodeAt(i));
      const needle = automaton.found(state);
      if (needle !== undefined)
        this.#cover({ from: i + 1 - needle.text.length, to: i + 1, mark: needle.mark });
      if (this.#covers.length > 0) this.#settle(i + 1 - automaton.depth(state));
    }
    this.#state = state;
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

  /** No needle still to be found begins before `safe`: covers that begin up to there are final. */
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

  /** What is settled, and the text up to `safe`, which nothing covers. */
  #release(safe: number): string {
    if (safe > this.#done) this.#handOn(safe);
    const out = this.#out;
    this.#text = this.#text.slice(this.#done);
    this.#covers = this.#covers.map((it) => ({
      ...it,
      from: it.from - this.#done,
      to: it.to - this.#done,
    }));
    this.#done = 0;
    this.#out = '';
    return out;
  }
}
