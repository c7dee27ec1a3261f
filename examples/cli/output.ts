import { once } from 'node:events';
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { safeJson } from '../shared/terminal-text.js';
import { jsonPieces } from './json-pieces.js';

/** What was to be written to standard output is lost, or nobody wants it. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  constructor(cause: NodeJS.ErrnoException) {
    super(`standard output can't be written: ${cause.message}`, { cause });
  }
}

const STDOUT = 1;
/** Whoever read our output went away, as `head` does; there is no more to do, and nothing is wrong. */
const READER_LEFT: readonly (string | undefined)[] = ['EPIPE', 'ECONNRESET'];

let failure: NodeJS.ErrnoException | undefined;
/** Node's own; what others call is replaced by {@link claimStdout}. */
const writeToStream = process.stdout.write.bind(process.stdout);
const toFile = isFile();

/**
 * Keeps standard output for data: what a workflow's functions print there goes to stderr. A reader that goes away must not
 * end a run: without a listener the error would be thrown.
 */
export function claimStdout(): void {
  process.stdout.on('error', failed);
  process.stderr.on('error', () => {});
  process.on('SIGXFSZ', () => {}); // the write that is over the limit for files says so itself
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
}

/** Writes data, no faster than it is read. Throws OutputError. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (!writeNow(data)) await drained();
  if (failure !== undefined) throw new OutputError(failure);
}

/** Resolves when the reader takes more, or never will. */
async function drained(): Promise<void> {
  const over = new AbortController(); // else the listener that was not called would stay
  const { stdout } = process;
  const ends = ['drain', 'close'].map((event) => once(stdout, event, { signal: over.signal }));
  await Promise.race(ends).catch(() => {});
  over.abort();
}

/** Writes data; false when that is more than the reader takes for now. What goes wrong is said by {@link closeOutput}. */
export function writeNow(data: string | Uint8Array): boolean {
  if (failure !== undefined) return true;
  if (!toFile) return writeToStream(data);
  try {
    writeWhole(typeof data === 'string' ? Buffer.from(data) : data);
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
  return true;
}

/** Writes many short pieces. Throws OutputError. */
export async function writeAll(pieces: Iterable<string>): Promise<void> {
  let waiting = '';
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < PIECE_LENGTH) continue;
    await write(waiting);
    waiting = '';
  }
  await write(waiting);
}

const PIECE_LENGTH = 64 * 1024;

/** Writes JSON, in one line when there is no `space` to indent it by. Throws OutputError. */
export async function writeJson(value: unknown, space = 0): Promise<void> {
  await writeAll(jsonText(value, space));
}

function* jsonText(value: unknown, space: number): Generator<string, void, void> {
  for (const piece of jsonPieces(value, space)) yield safeJson(piece);
  yield '\n';
}

/** Resolves when everything written has left, with why it could not; undefined also when the reader went away. */
export async function closeOutput(): Promise<OutputError | undefined> {
  if (failure === undefined) await (toFile ? closeFile() : flushed());
  if (failure === undefined || isReaderLeft(failure)) return undefined;
  return new OutputError(failure);
}

function isReaderLeft({ code }: NodeJS.ErrnoException): boolean {
  // A terminal that was closed gives EIO.
  return READER_LEFT.includes(code) || (code === 'EIO' && process.stdout.isTTY);
}

function failed(error: NodeJS.ErrnoException): void {
  failure ??= error;
}

function flushed(): Promise<void> {
  return new Promise((resolve) => {
    writeToStream('', (error) => {
      if (error) failed(error);
      resolve();
    });
  });
}

/** Some file systems say only now that there is no space. */
async function closeFile(): Promise<void> {
  try {
    closeSync(STDOUT);
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
}

/** Whether standard output takes data at once. Node's stream for such a one loses the rest of a short write. */
function isFile(): boolean {
  const found = fstatSync(STDOUT);
  return (
    found.isFile() ||
    ((found.isCharacterDevice() || found.isBlockDevice()) && !process.stdout.isTTY)
  );
}

function writeWhole(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(STDOUT, bytes, at);
}
