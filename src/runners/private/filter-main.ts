/**
 * A program of its own that stands between an attempt and its log files and takes secrets out of what the
 * attempt prints, bytewise, wherever they are cut. It goes on when the orchestrator dies, and ends when
 * nobody has the pipes open any more.
 *
 *   descriptor  0  the secrets, a file without a name      1, 2  stdout.log, stderr.log
 *               3, 4  what the attempt prints              5  how far it is, see progress.ts
 */
import { readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Redactor, type Secret } from '../../secrets/redactor.js';
import { closeInherited } from '../process/inherited-descriptors.js';
import { ASK, WORDS } from './progress.js';

const SECRETS = 0;
const STREAMS = [
  { from: 3, to: 1 },
  { from: 4, to: 2 },
] as const;
const PROGRESS = 5;

function say(word: keyof typeof WORDS): void {
  try {
    writeSync(PROGRESS, WORDS[word]);
  } catch {
    // Unsaid, it counts as not done.
  }
}

let isWhole = true;

/** The disk is full, or gone: what can't be written is lost, which is said, and the attempt goes on. */
function write(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch {
    if (isWhole) say('lost');
    isWhole = false;
  }
}

/** A secret that is broken into lines is printed without a pause as long as this, ms. */
const PAUSE_MS = 50;

/** One of the two streams. */
class Filtered {
  readonly #stream;
  readonly #to: number;
  readonly #changed: () => void;
  isOver = false;
  #pause: NodeJS.Timeout | undefined;
  /** Grows with each piece. */
  #pieces = 0;

  constructor(redactor: Redactor, from: number, to: number, changed: () => void) {
    this.#stream = redactor.byteStream();
    this.#to = to;
    this.#changed = changed;
    const input = new Socket({ fd: from, readable: true, writable: false });
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    input.on('error', () => {}); // 'close' follows
    input.on('close', () => this.#end());
  }

  /** Resolves when it was seen that nothing more is in the pipe just now, and what was is written. */
  async caughtUp(): Promise<void> {
    for (let seen = -1; seen !== this.#pieces && !this.isOver; ) {
      seen = this.#pieces;
      // A timer alone proves nothing: after a time without the processor it fires before the pipe is looked at.
      await new Promise<void>((resolve) => setTimeout(() => setImmediate(resolve), PAUSE_MS));
    }
    write(this.#to, this.#stream.pause());
  }

  #take(chunk: Buffer): void {
    this.#pieces++;
    clearTimeout(this.#pause);
    write(this.#to, this.#stream.push(chunk.toString('latin1')));
    this.#pause = setTimeout(() => write(this.#to, this.#stream.pause()), PAUSE_MS);
  }

  #end(): void {
    clearTimeout(this.#pause);
    write(this.#to, this.#stream.end());
    this.isOver = true;
    this.#changed();
  }
}

closeInherited([...STREAMS.map(({ from }) => from), PROGRESS]);
// Whoever stops a whole group or service means others: the attempt may have something to say yet.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const redactor = new Redactor(JSON.parse(readFileSync(SECRETS, 'utf8')) as Secret[]);
const streams = STREAMS.map(
  ({ from, to }) =>
    new Filtered(redactor, from, to, () => {
      if (isWhole && streams.every(({ isOver }) => isOver)) say('done');
    }),
);
process.on(ASK, () => {
  void Promise.all(streams.map((stream) => stream.caughtUp())).then(() => say('caughtUp'));
});
say('ready');
