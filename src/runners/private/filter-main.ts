/**
 * A program of its own that stands between an attempt and its log files and takes secrets out of what the
 * attempt prints, bytewise, wherever they are cut. It goes on when the orchestrator dies, and ends when
 * nobody has the pipes open any more.
 *
 *   descriptor  0  the secrets, a file without a name      1, 2  stdout.log, stderr.log
 *               3, 4  what the attempt prints
 */
import { readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Redactor, type Secret } from '../../secrets/redactor.js';

const SECRETS = 0;
const STREAMS = [
  { from: 3, to: 1 },
  { from: 4, to: 2 },
] as const;

/** The disk is full, or gone: what can't be written is lost, the attempt goes on. */
function write(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch {
    // See above.
  }
}

/** A secret that is broken into lines is printed without a pause as long as this, ms. */
const PAUSE_MS = 50;

function filter(redactor: Redactor, from: number, to: number): void {
  const stream = redactor.byteStream();
  const input = new Socket({ fd: from, readable: true, writable: false });
  let pause: NodeJS.Timeout | undefined;
  input.on('data', (chunk: Buffer) => {
    clearTimeout(pause);
    write(to, stream.push(chunk.toString('latin1')));
    pause = setTimeout(() => write(to, stream.pause()), PAUSE_MS);
  });
  input.on('error', () => {}); // 'close' follows
  input.on('close', () => {
    clearTimeout(pause);
    write(to, stream.end());
  });
}

// Whoever stops a whole group or service means others: the attempt may have something to say yet.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const redactor = new Redactor(JSON.parse(readFileSync(SECRETS, 'utf8')) as Secret[]);
for (const { from, to } of STREAMS) filter(redactor, from, to);
