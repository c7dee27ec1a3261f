import { crc32 } from 'node:zlib';
import type { z } from 'zod';
import { checkRecord, type Fields } from '../records/check-record.js';
import { JOURNAL_FORMAT, type JournalRecord } from '../records/record.js';
import { isOnePiece, textPieces } from './text-pieces.js';

/**
 * A line of a journal, both ways. Pure. The checksum of a line is seeded with the line before, so a
 * dropped, doubled or swapped line shows as much as a changed byte.
 *
 *   {"seq":3,"at":"…","type":"task.started",…,"crc":"33f0624e"}
 */

const CRC_FIELD = ',"crc":"';
/** `,"crc":"` eight digits `"}`. */
const TAIL_LENGTH = CRC_FIELD.length + 8 + 2;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACE = 0x7d;

/** A record as a line, without its newline, and the checksum that seeds the next line. */
export function encode(
  record: JournalRecord,
  durable: number | undefined,
  seed: number,
): { line: string; crc: number } {
  const { seq, at, type, ...rest } = record;
  const json = JSON.stringify(
    durable === undefined ? { seq, at, type, ...rest } : { seq, at, type, ...rest, durable },
  );
  const body = json.slice(0, -1);
  const crc = checksum(body, seed);
  return { line: body + tail(crc), crc };
}

/** What stands behind what is checked. */
export function tail(crc: number): string {
  return `${CRC_FIELD}${hex(crc)}"}`;
}

/** Of a text that follows what has the checksum `seed`. */
export function checksum(text: string, seed: number): number {
  if (isOnePiece(text)) return crc32(text, seed);
  let crc = seed;
  for (const piece of textPieces(text)) crc = crc32(piece, crc);
  return crc;
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
  /** The bytes that were written, but they can't stand here. */
  | { readonly ok: false; readonly kind: 'wrong'; readonly why: string }
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
  const written = end < 1 ? undefined : writtenCrc(line, end);
  if (written === undefined) return damaged('the line has no checksum at its end');
  const crc = crc32(line.subarray(0, end), seed);
  if (written !== crc) return damaged('its checksum does not match');
  const fields = parseObject(withoutCrc(line, end));
  if (fields === undefined) return wrong('it is not a JSON object');
  if (end > 2 * MAX_DEPTH && isDeeper(fields, MAX_DEPTH))
    return wrong(`it is nested deeper than ${MAX_DEPTH}`);
  return record(fields, seq, crc);
}

/** Values may be 1,000 deep, and stand some levels deep in their records. Deeper ones would overflow the stack of whoever looks at them. */
const MAX_DEPTH = 1_100;

function isDeeper(value: object, depth: number): boolean {
  if (depth === 0) return true;
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null && isDeeper(part, depth - 1)) return true;
  return false;
}

/** Byte by byte, because strings would cost more than the checksum itself. */
function writtenCrc(line: Buffer, end: number): number | undefined {
  for (let i = 0; i < CRC_FIELD.length; i++)
    if (line[end + i] !== CRC_FIELD.charCodeAt(i)) return undefined;
  if (line[line.length - 2] !== QUOTE || line[line.length - 1] !== BRACE) return undefined;
  let crc = 0;
  for (let i = line.length - 10; i < line.length - 2; i++) {
    const digit = hexDigit(line[i] as number);
    if (digit === undefined) return undefined;
    crc = crc * 16 + digit;
  }
  return crc;
}

/** Lower-case only: one checksum has one spelling. */
function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x61 + 10 : undefined;
}

function record(fields: Fields, seq: number, crc: number): Decoded {
  if (fields.seq !== seq)
    return wrong(`its number is ${JSON.stringify(fields.seq)}, expected ${seq}`);
  if (fields.type === 'run.started' && fields.format !== JOURNAL_FORMAT) {
    const { format } = fields;
    return { ok: false, kind: 'unknown', why: otherFormat(format), format };
  }
  if (fields.durable === undefined) return checked(fields, undefined, crc);
  const { durable, ...rest } = fields;
  return isClaim(durable, seq)
    ? checked(rest, durable, crc)
    : wrong(`it says that record ${JSON.stringify(durable)} was on disk before it`);
}

/** Only an earlier record can have been on disk before. */
function isClaim(durable: unknown, seq: number): durable is number {
  return Number.isInteger(durable) && Number(durable) >= 0 && Number(durable) < seq;
}

function checked(fields: Fields, durable: number | undefined, crc: number): Decoded {
  const found = checkRecord(fields);
  if ('issue' in found) return unknown(fields.type, found.issue);
  return { ok: true, record: found.record, durable, crc };
}

/** The line's text up to its checksum, as an object. Closed in place for a moment: putting strings together costs a copy of each line. */
function withoutCrc(line: Buffer, end: number): string {
  line[end] = BRACE;
  const text = line.toString('utf8', 0, end + 1);
  line[end] = COMMA;
  return text;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
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

function wrong(why: string): Decoded {
  return { ok: false, kind: 'wrong', why };
}

function unknown(type: unknown, issue: z.core.$ZodIssue | undefined): Decoded {
  const path = issue?.path.join('.');
  const where = path === 'type' ? '' : ` (${path || 'record'}: ${issue?.message})`;
  return {
    ok: false,
    kind: 'unknown',
    why: `this version of nuflow does not know such a ${JSON.stringify(type)} record${where}; it may be of a newer one`,
  };
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

const CLAIM = /"durable":(\d{1,15}),"crc":"[0-9a-f]{8}"\}$/;
const CLAIM_LENGTH = '"durable":'.length + 15 + TAIL_LENGTH;

/**
 * What a line says was synced before it, whether or not the rest of it can be believed; 0 when it says
 * nothing. For judging a broken end. Only our own syntax ends a line, so no value can pass for a claim.
 */
export function claimedDurable(line: Buffer): number {
  const tail = line.toString('latin1', Math.max(0, line.length - CLAIM_LENGTH));
  return Number(CLAIM.exec(tail)?.[1] ?? 0);
}

/** Why a journal of this format is not read. */
export function otherFormat(format: unknown): string {
  return `it is of format ${JSON.stringify(format)}, and this version of nuflow reads format ${JOURNAL_FORMAT}`;
}

/** The version that a first line names, whether or not its checksum is right; undefined when it names none. */
export function namedFormat(line: Buffer): unknown {
  const fields = parseObject(line.toString('utf8'));
  return fields?.type === 'run.started' ? fields.format : undefined;
}
