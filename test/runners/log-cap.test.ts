import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogCap } from '../../src/runners/logs/log-cap.js';
import { readLogFile } from '../../src/runners/logs/log-reader.js';
import { temporaryFolder } from './attempts.js';

const MIB = 1024 * 1024;
const LINE = 64;

/** A line of 64 bytes with its number. */
function line(n: number): string {
  return `${String(n).padStart(LINE - 1, '0')}\n`;
}

/** Lines `from` … `to`, the last one excluded. */
function lines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
}

const MARKER = /^\[nuflow: (\d+) bytes left out\]$/m;

/** Disk space of a file, bytes. */
function space(path: string): number {
  return statSync(path).blocks * 512;
}

async function read(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readLogFile(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** What a log of lines holds: the number of the first and the last line before and after the marker, and the bytes it misses. */
function summed(text: string): { head: number[]; missing: number; tail: number[] } {
  const found = MARKER.exec(text);
  const [before = '', after = ''] = text.split(`${found?.[0]}\n`);
  const ends = (part: string): number[] =>
    [part.trim().split('\n')[0], part.trim().split('\n').at(-1)].map(Number);
  return { head: ends(before), missing: Number(found?.[1]), tail: ends(after) };
}

describe('LogCap', () => {
  const folder = temporaryFolder();
  let count = 0;
  const file = (content: string | Uint8Array): string => {
    const path = join(folder, `log-${count++}`);
    writeFileSync(path, content);
    return path;
  };
  /** Tells the cap of the log's size until the log takes no more disk space than this. */
  const cutTo = async (cap: LogCap, path: string, bytes: number): Promise<void> => {
    while (space(path) > bytes) {
      cap.grown(statSync(path).size);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(existsSync(`${path}.cut`)).toBe(true);
  };

  it('leaves a log alone that is within its bound', async () => {
    const path = file(lines(0, MIB / LINE));
    const cap = new LogCap(path, MIB);
    cap.grown(MIB);
    await cap.finish();
    expect(readFileSync(path, 'latin1')).toBe(lines(0, MIB / LINE));
    expect(existsSync(`${path}.cut`)).toBe(false);
  });

  it('keeps the beginning and the end, whole lines each, and says how much is missing', async () => {
    const total = (10 * MIB) / LINE;
    const path = file(lines(0, total));
    await new LogCap(path, MIB).finish();
    const text = readFileSync(path, 'latin1');
    expect(text.length).toBeLessThanOrEqual(MIB);
    expect(text.length).toBeGreaterThan(MIB - 300);
    const { head, missing, tail } = summed(text);
    expect([head[0], tail[1]]).toEqual([0, total - 1]);
    expect(text.length - `[nuflow: ${missing} bytes left out]\n`.length + missing).toBe(10 * MIB);
    expect(((tail[0] as number) - (head[1] as number) - 1) * LINE).toBe(missing);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await new LogCap(path, MIB).finish();
    expect(readFileSync(path, 'latin1')).toBe(text);
  });

  it('keeps bytes as they are, also where there are no lines', async () => {
    const bytes = Buffer.alloc(3 * MIB, Buffer.from([0, 0xff, 0xc3, 0x28]));
    const path = file(bytes);
    await new LogCap(path, MIB).finish();
    const kept = readFileSync(path);
    const marker = kept.indexOf('\n[nuflow: ');
    expect(kept.subarray(0, marker).equals(bytes.subarray(0, marker))).toBe(true);
    expect(marker).toBe(MIB / 2);
    const tail = kept.subarray(kept.indexOf('\n', marker + 1) + 1);
    expect(tail.equals(bytes.subarray(bytes.length - tail.length))).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'gives the middle back while the log is written, and readers do not take the hole for output',
    async () => {
      const path = file('');
      const writer = openSync(path, 'a');
      const cap = new LogCap(path, MIB);
      const perMib = MIB / LINE;
      for (let mib = 0; mib < 20; mib++) {
        writeSync(writer, lines(mib * perMib, (mib + 1) * perMib));
        if (mib > 0) await cutTo(cap, path, 1.6 * MIB);
        expect(statSync(path).size).toBe((mib + 1) * MIB);
      }
      const whileWritten = await read(path);
      expect(whileWritten).not.toContain('\0');
      const total = 20 * perMib;
      expect([summed(whileWritten).head[0], summed(whileWritten).tail[1]]).toEqual([0, total - 1]);
      writeSync(writer, line(total));
      closeSync(writer);
      await cap.finish();
      const text = readFileSync(path, 'latin1');
      expect([text.length <= MIB, text.includes('\0')]).toEqual([true, false]);
      expect([summed(text).head[0], summed(text).tail[1]]).toEqual([0, total]);
      expect(existsSync(`${path}.cut`)).toBe(false);
      expect(await read(path)).toBe(text);
    },
  );

  it.runIf(process.platform === 'linux')(
    'shows no hole that another bound left, when the bound has changed since',
    async () => {
      const path = file(lines(0, (8 * MIB) / LINE));
      const before = new LogCap(path, MIB);
      await cutTo(before, path, 2 * MIB);
      appendFileSync(path, 'end\n');
      await new LogCap(path, 4 * MIB).finish();
      const text = readFileSync(path, 'latin1');
      expect(text).not.toContain('\0');
      expect(text.startsWith(line(0))).toBe(true);
      expect(text.endsWith('end\n')).toBe(true);
      expect(text).toMatch(MARKER);
    },
  );

  it('lets a log that is gone be gone', async () => {
    const cap = new LogCap(join(folder, 'none'), MIB);
    cap.grown(10 * MIB);
    await cap.finish();
    expect(await read(join(folder, 'none'))).toBe('');
  });
});

describe('readLogFile', () => {
  const folder = temporaryFolder();

  it.runIf(process.platform === 'linux')(
    'goes on behind a hole that is made while it reads, and shows nothing of it',
    async () => {
      const path = join(folder, 'log');
      const perMib = MIB / LINE;
      writeFileSync(path, lines(0, 4 * perMib));
      const cap = new LogCap(path, MIB);
      const reader = readLogFile(path);
      let text = '';
      while (text.length < 2 * MIB)
        text += Buffer.from((await reader.next()).value ?? '').toString();
      appendFileSync(path, lines(4 * perMib, 8 * perMib));
      cap.grown(8 * MIB);
      while (!existsSync(`${path}.cut`)) await new Promise((resolve) => setTimeout(resolve, 5));
      for await (const chunk of reader) text += chunk.toString();
      expect(text).not.toContain('\0');
      expect(text.startsWith(lines(0, perMib))).toBe(true);
      expect(text).toMatch(MARKER);
      expect(text.endsWith(line(8 * perMib - 1))).toBe(true);
    },
  );
});
