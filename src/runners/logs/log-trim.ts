import { type FileHandle, rename, rm } from 'node:fs/promises';
import { createRegularHandle, openRegularHandle, writeNew } from '../../platform/regular-file.js';
import { trimmedPath } from '../attempt-files.js';
import { cutMarker, readCut, removeCut } from './log-cut.js';

const CHUNK = 1024 * 1024;
const NEWLINE = 10;
/** A cut is moved so far at most to fall between two lines, bytes. */
const MAX_LINE = 64 * 1024;

/**
 * Replaces a log that is longer than `maxBytes` by its beginning, a line that says how much is missing,
 * and its end, `maxBytes` in all; or leaves it as it is. Throws what the file system says, the log untouched.
 */
export async function trimLog(path: string, maxBytes: number): Promise<void> {
  const log = await openRegularHandle(path);
  try {
    const { size, ino } = await log.stat({ bigint: true });
    if (size <= maxBytes) return;
    await replace(path, log, await keptOf(log, Number(size), maxBytes, readCut(path, ino)));
  } finally {
    await log.close();
  }
  removeCut(path);
}

/** What stays of a log: its bytes up to `head`, and from `tail` to `end`. */
interface Kept {
  readonly head: number;
  readonly tail: number;
  readonly end: number;
}

async function keptOf(
  log: FileHandle,
  end: number,
  maxBytes: number,
  cut: ReturnType<typeof readCut>,
): Promise<Kept> {
  const half = Math.floor(maxBytes / 2);
  const head = Math.min(half, cut?.from ?? half);
  const room = maxBytes - half - Buffer.byteLength(`\n${cutMarker(end)}`);
  const tail = Math.max(end - room, cut?.to ?? 0);
  return { head: await lineEnd(log, head), tail: await lineStart(log, tail, end), end };
}

/** Behind the last line that ends before `at`; `at` when there is none near. */
async function lineEnd(log: FileHandle, at: number): Promise<number> {
  const from = Math.max(0, at - MAX_LINE);
  const index = (await read(log, from, at)).lastIndexOf(NEWLINE);
  return index === -1 ? at : from + index + 1;
}

/** Where the first line after `at` starts; `at` when there is none near. */
async function lineStart(log: FileHandle, at: number, end: number): Promise<number> {
  const index = (await read(log, at, Math.min(end, at + MAX_LINE))).indexOf(NEWLINE);
  return index === -1 || at + index + 1 >= end ? at : at + index + 1;
}

async function read(log: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await log.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}

async function replace(path: string, log: FileHandle, { head, tail, end }: Kept): Promise<void> {
  const aside = `${path}.tmp`;
  try {
    const trimmed = await createRegularHandle(aside);
    try {
      const last = await copy(log, 0, head, trimmed);
      await trimmed.write(`${last === NEWLINE ? '' : '\n'}${cutMarker(tail - head)}`);
      await copy(log, tail, end, trimmed);
    } finally {
      await trimmed.close();
    }
    writeNew(trimmedPath(path), ''); // first: nobody may take what is left for the whole
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Copies bytes `from` … `to` to the end of `into`; resolves the last one. */
async function copy(
  log: FileHandle,
  from: number,
  to: number,
  into: FileHandle,
): Promise<number | undefined> {
  let last: number | undefined;
  for (let at = from; at < to; ) {
    const chunk = await read(log, at, Math.min(to, at + CHUNK));
    if (chunk.length === 0) break;
    await into.write(chunk);
    at += chunk.length;
    last = chunk.at(-1);
  }
  return last;
}
