import { crc32 } from 'node:zlib';
import { JOURNAL_FORMAT, type JournalRecord, recordDraftSchema } from './record.js';

/**
 * A line of a journal, both ways. Pure. The checksum of a line is seeded with the line before, so a
 * dropped, doubled or swapped line shows as much as a changed byte.
 *
 *   {"seq":3,"at":"…","type":"task.started",…,"crc":"33f0624e"}
 */

const CRC_FIELD = ',"crc":"';
/** `,"crc":"` eight digits `"}`. */
const TAIL_LENGTH = CRC_FIELD.length + 8 + 2;

/** A record as a line, without its newline, and the checksum that seeds the next line. */
export function encode(
  record: JournalRecord,
  durable: number | undefined,
  seed: number,
): { line: string; crc: number } {
  const { seq, at, type, ...rest } = record;
  const body = JSON.stringify(
    durable === undefined ? { seq, at, type, ...rest } : { seq, at, type, ...rest, durable },
  );
  const checked = body.slice(0, -1);
  const crc = crc32(checked, seed);
  return { line: `${checked}${CRC_FIELD}${hex(crc)}"}`, crc };
}

/** What became of a line. */
export type Decoded =
  | {
      readonly ok: true;
      readonly record: JournalRecord;
      readonly durable: number | undefined;
      readonly crc: number;
    }
  /** Not the bytes that were written. */
  | { readonly ok: false; readonly kind: 'damaged'; readonly why: string }
  /** Whole, but not of this version. */
  | {
      readonly ok: false;
      readonly kind: 'unknown';
      readonly why: string;
      readonly format?: unknown;
    };

/** The record of a line (without its newline) that should have number `seq` and follow a line with checksum `seed`. */
export function decode(line: Buffer, seq: number, seed: number): Decoded {
  const end = line.length - TAIL_LENGTH;
  const tail = line.toString('latin1', Math.max(0, end));
  if (end < 1 || !tail.startsWith(CRC_FIELD) || !tail.endsWith('"}'))
    return damaged('the line has no checksum at its end');
  const crc = crc32(line.subarray(0, end), seed);
  if (tail.slice(CRC_FIELD.length, -2) !== hex(crc)) return damaged('its checksum does not match');
  return parse(line, seq, crc);
}

function parse(line: Buffer, seq: number, crc: number): Decoded {
  const fields = parseObject(line);
  if (fields === undefined) return damaged('it is not a JSON object');
  const { seq: number, at, durable, crc: _checked, ...draft } = fields;
  if (number !== seq) return damaged(`its number is ${JSON.stringify(number)}, expected ${seq}`);
  if (draft.type === 'run.started' && draft.format !== JOURNAL_FORMAT) {
    return { ok: false, kind: 'unknown', why: 'it is of another format', format: draft.format };
  }
  const parsed = recordDraftSchema.safeParse(draft);
  if (!parsed.success || typeof at !== 'string') return unknown(parsed.error?.issues[0]);
  const record = { seq, at, ...parsed.data } as JournalRecord;
  return { ok: true, record, durable: typeof durable === 'number' ? durable : undefined, crc };
}

function parseObject(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function damaged(why: string): Decoded {
  return { ok: false, kind: 'damaged', why };
}

function unknown(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): Decoded {
  const where =
    issue === undefined ? '' : ` (${issue.path.join('.') || 'record'}: ${issue.message})`;
  return {
    ok: false,
    kind: 'unknown',
    why: `this version of nuflow does not know such a record${where}; it may be of a newer one`,
  };
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

/** The claim a line makes of what was synced before it, when it is at all readable; for judging a broken end. */
export function claimedDurable(line: Buffer): number | undefined {
  const durable = parseObject(line)?.durable;
  return typeof durable === 'number' ? durable : undefined;
}
