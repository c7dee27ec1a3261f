import type { FileHandle } from 'node:fs/promises';
import { openRegularHandle } from '../../platform/regular-file.js';
import { type Cut, cutMarker, readCut } from './log-cut.js';

const CHUNK = 64 * 1024;

/**
 * A log's bytes as far as there are any when asked, with a line in place of those that were left out; also
 * while a task writes it. Nothing when there is no such file. Throws NotRegularFileError when a task
 * put something else in its place, otherwise what the file system says.
 */
export async function* readLogFile(path: string): AsyncGenerator<Buffer, void, void> {
  const log = await openLog(path);
  if (log === undefined) return;
  try {
    yield* new LogReader(path, log).chunks();
  } finally {
    await log.close();
  }
}

class LogReader {
  readonly #path: string;
  readonly #log: FileHandle;
  #at = 0;
  #end = 0;

  constructor(path: string, log: FileHandle) {
    this.#path = path;
    this.#log = log;
  }

  async *chunks(): AsyncGenerator<Buffer, void, void> {
    const file = await this.#log.stat({ bigint: true });
    this.#end = Number(file.size);
    while (this.#at < this.#end) {
      const chunk = await this.#read();
      if (chunk.length === 0) return;
      // Looked at after reading: a hole may have been made meanwhile, and is noted before it is made.
      const cut = readCut(this.#path, file.ino);
      if (cut === undefined || this.#at >= cut.to || this.#at + chunk.length <= cut.from) {
        this.#at += chunk.length;
        yield chunk;
      } else yield* this.#around(cut, chunk);
    }
  }

  async #read(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.min(CHUNK, this.#end - this.#at));
    const { bytesRead } = await this.#log.read(bytes, 0, bytes.length, this.#at);
    return bytes.subarray(0, bytesRead);
  }

  /** What of the chunk is before the cut, and what stands for the cut; goes on behind it. */
  async *#around({ from, to }: Cut, chunk: Buffer): AsyncGenerator<Buffer, void, void> {
    const head = chunk.subarray(0, Math.max(0, from - this.#at));
    if (head.length > 0) yield head;
    yield Buffer.from(`\n${cutMarker(to - Math.max(from, this.#at))}`);
    this.#at = to;
    // The writer was faster than whoever reads here: without this there would be no end to see.
    if (to >= this.#end) this.#end = Number((await this.#log.stat({ bigint: true })).size);
  }
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await openRegularHandle(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
