import type { FileSystem } from '../../platform/file-system.js';
import { openForReading } from '../file/open-for-reading.js';
import { NEWLINE, pieces } from '../file/pieces.js';
import { RECORD_TYPES, type RecordType } from '../records/record.js';

/** What can be told of the end of a journal that can't be believed. */
export interface LostRecords {
  readonly bytes: number;
  readonly lines: number;
  /** Lines that are still JSON and name a type, by that type: what they say may be wrong. */
  readonly types: Readonly<Partial<Record<RecordType, number>>>;
  /** Tasks that these lines speak of, in order, with the types of their records. */
  readonly tasks: readonly { readonly task: string; readonly types: readonly RecordType[] }[];
}

/** Reads what is behind byte `offset` for what can still be made out. */
export async function lostRecords(
  fileSystem: FileSystem,
  path: string,
  offset: number,
): Promise<LostRecords> {
  const file = await openForReading(fileSystem, path);
  const tally = new Tally();
  try {
    for await (const piece of pieces(file, offset)) tally.add(piece);
  } finally {
    await file.close();
  }
  return tally.lost();
}

class Tally {
  readonly #types = new Map<RecordType, number>();
  readonly #tasks = new Map<string, RecordType[]>();
  #bytes = 0;
  #lines = 0;

  add(piece: Buffer): void {
    this.#bytes += piece.length;
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(NEWLINE, start);
      const end = found === -1 ? piece.length : found;
      this.#line(piece.toString('utf8', start, end));
      start = end + 1;
    }
  }

  lost(): LostRecords {
    return {
      bytes: this.#bytes,
      lines: this.#lines,
      types: Object.fromEntries(this.#types),
      tasks: [...this.#tasks].map(([task, types]) => ({ task, types })),
    };
  }

  #line(text: string): void {
    this.#lines++;
    const { type, task } = said(text);
    if (type === undefined) return;
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    if (task === undefined) return;
    const types = this.#tasks.get(task);
    if (types === undefined) this.#tasks.set(task, [type]);
    else if (!types.includes(type)) types.push(type);
  }
}

/** What a line says it is, believed or not. */
function said(text: string): { readonly type?: RecordType; readonly task?: string } {
  try {
    const { type, task } = JSON.parse(text) as { type?: unknown; task?: unknown };
    const known = RECORD_TYPES.find((name) => name === type);
    if (known === undefined) return {};
    return typeof task === 'string' ? { type: known, task } : { type: known };
  } catch {
    return {}; // no JSON, or null
  }
}
