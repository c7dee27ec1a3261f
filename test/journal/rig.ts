import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { NuflowError } from '../../src/errors.js';
import { encode } from '../../src/journal/file/codec.js';
import { BEGINNING, scan } from '../../src/journal/file/scan.js';
import type { JournalListener } from '../../src/journal/journal.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import type { Clock } from '../../src/platform/clock.js';
import type { FileSystem } from '../../src/platform/file-system.js';
import { type Platform, systemPlatform } from '../../src/platform/platform.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';

/** A clock that stands still, so that what is written can be foretold. */
export const AT = '2026-01-02T03:04:05.678Z';
const still: Clock = { ...systemPlatform.clock, now: () => Date.parse(AT) };
export const platform: Platform = { ...systemPlatform, clock: still };

/** The platform with another file system. */
export function platformWith(fileSystem: FileSystem): Platform {
  return { ...platform, fileSystem };
}

/** A folder that is gone after the file's tests. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'nuflow-journal-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Notes what a journal tells. */
export class Notes implements JournalListener {
  readonly durableSeqs: number[] = [];
  readonly failures: Error[] = [];
  durable(seq: number): void {
    this.durableSeqs.push(seq);
  }
  failed(error: Error): void {
    this.failures.push(error);
  }
}

export const STARTED: RecordDraft = {
  type: 'run.started',
  format: 1,
  run: 'create-wuji',
  workflow: {
    name: 'server.create',
    tasks: [{ id: 'server', runner: 'fn', needs: [], with: {} }],
  },
  input: { name: 'wuji' },
  onFailure: 'continue',
  traceId: '0123456789abcdef0123456789abcdef',
};

/** The facts of a small run, in order. */
export const DRAFTS: readonly RecordDraft[] = [
  STARTED,
  { type: 'task.started', task: 'server', attempt: 1 },
  { type: 'task.succeeded', task: 'server', attempt: 1, output: { port: 9090 } },
  { type: 'run.finished', status: 'succeeded' },
];

/** The same facts, with the output in a file: 6 bytes of `"big!"`. */
export function withOutput(drafts: readonly RecordDraft[]): RecordDraft[] {
  const bytes = '"big!"';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const outputFile = { path: 'outputs/0001-server.1-x.json', sha256, bytes: bytes.length };
  return drafts.map((draft) =>
    draft.type === 'task.succeeded' ? { ...draft, output: undefined, outputFile } : draft,
  );
}

/** Lines of a journal of these facts; `claims` gives the `durable` of each. */
export function linesOf(
  drafts: readonly RecordDraft[],
  claims: (seq: number) => number | undefined = () => undefined,
): string[] {
  let crc = 0;
  return drafts.map((draft, index) => {
    const encoded = encode({ seq: index + 1, at: AT, ...draft }, claims(index + 1), crc);
    crc = encoded.crc;
    return `${encoded.line}\n`;
  });
}

/** A line with a right checksum and any fields, as a first line. */
export function firstLine(fields: Readonly<Record<string, unknown>>): string {
  return `${encode({ seq: 1, at: AT, ...fields } as unknown as JournalRecord, undefined, 0).line}\n`;
}

/** Where {@link reading} puts the bytes. */
export const JOURNAL = '/data/runs/create-wuji/journal.ndjson';

/** What a reader makes of these bytes. */
export type Reading =
  | { readonly records: readonly JournalRecord[]; readonly tornBytes: number }
  | { readonly refused: { readonly code: string; readonly details: Record<string, unknown> } };

/** Scans bytes. */
export async function reading(bytes: string | Uint8Array): Promise<Reading> {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(JOURNAL, bytes);
  const records: JournalRecord[] = [];
  try {
    const { tornBytes } = await scan(fileSystem, JOURNAL, BEGINNING, (record) => {
      records.push(record);
      return true;
    });
    return { records, tornBytes };
  } catch (error) {
    if (!(error instanceof NuflowError)) throw error;
    return { refused: { code: error.code, details: error.details } };
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const textOf = (path: string): string => readFileSync(path, 'utf8');
