import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimedDurable, decode, encode, namedFormat } from '../../src/journal/file/codec.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { AT, DRAFTS, firstLine, linesOf } from './rig.js';

const bytes = (line: string): Buffer => Buffer.from(line.replace(/\n$/, ''));
const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const keys = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'seq', 'crc', 'durable', '10', ''),
);
const json = fc.jsonValue({ stringUnit: 'binary' });
const outputs = fc.oneof(
  json,
  fc
    .array(fc.tuple(keys, json))
    .map((entries) =>
      JSON.parse(
        `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
      ),
    ),
);

describe('a line', () => {
  it('is JSON with seq, at and type first and the checksum last', () => {
    const record: JournalRecord = { attempt: 1, task: 'a', type: 'task.started', at: AT, seq: 7 };
    expect(encode(record, 4, 0).line).toBe(
      `{"seq":7,"at":"${AT}","type":"task.started","attempt":1,"task":"a","durable":4,"crc":"230178d1"}`,
    );
  });

  it('has the checksum of all that came before it, checksums and line ends left out', () => {
    const checked = linesOf(DRAFTS).map((line) => line.replace(/,"crc":"[0-9a-f]{8}"\}\n$/, ''));
    const last = linesOf(DRAFTS).at(-1) ?? '';
    expect(last).toContain(`"crc":"${crc32(checked.join('')).toString(16).padStart(8, '0')}"}`);
  });

  it('of format 1, as written by the first release, is read for ever', () => {
    const line = `{"seq":1,"at":"2026-01-02T03:04:05.678Z","type":"run.resumed","pid":4242,"crc":"cce18506"}`;
    expect(decode(bytes(line), 1, 0)).toMatchObject({ ok: true });
  });

  it('comes back as it was, whatever the value and the line before', () => {
    fc.assert(
      fc.property(
        outputs,
        fc.string({ unit: 'binary' }),
        seeds,
        fc.option(fc.nat({ max: 2 })),
        (output, task, seed, claim) => {
          const record = {
            seq: 3,
            at: AT,
            type: 'task.succeeded',
            task,
            attempt: 1,
            output,
          } as JournalRecord;
          const { line, crc } = encode(record, claim ?? undefined, seed);
          const decoded = decode(Buffer.from(line), 3, seed);
          expect(decoded).toMatchObject({ ok: true, crc, durable: claim ?? undefined });
          expect(decoded.ok && JSON.stringify(decoded.record)).toBe(JSON.stringify(record));
        },
      ),
    );
  });

  it('has the same checksum when it is too long for one piece', () => {
    const output = `${'x'.repeat(1024 * 1024 - 61)}${'😀'.repeat(700_000)}`;
    const draft = { type: 'task.succeeded', task: 'a', attempt: 1, output } as RecordDraft;
    const { line, crc } = encode({ seq: 1, at: AT, ...draft }, undefined, 5);
    const decoded = decode(Buffer.from(line), 1, 5);
    expect(decoded).toMatchObject({ ok: true, crc });
    expect(decoded.ok && 'output' in decoded.record && decoded.record.output).toBe(output);
  });

  it('holds no line break, so that a reader of lines sees records', () => {
    fc.assert(
      fc.property(outputs, (output) => {
        const draft = { type: 'task.succeeded', task: '\n', attempt: 1, output } as RecordDraft;
        expect(encode({ seq: 1, at: AT, ...draft }, undefined, 0).line).not.toMatch(/[\n\r]/);
      }),
    );
  });
});

describe('decode', () => {
  const [first = '', second = ''] = linesOf(DRAFTS);
  const crc = Number.parseInt(first.slice(-11, -3), 16);
  const why = (line: string, seq = 1, seed = 0): string => {
    const decoded = decode(bytes(line), seq, seed);
    return decoded.ok ? 'ok' : `${decoded.kind}: ${decoded.why}`;
  };

  it('takes a line only behind the line it was written behind', () => {
    expect(why(second, 2, crc)).toBe('ok');
    expect(why(second, 2, 0)).toBe('damaged: its checksum does not match');
    expect(why(second, 3, crc)).toBe('wrong: its number is 2, expected 3');
  });

  it('takes one spelling of a checksum only', () => {
    const upper = first.replace(/[0-9a-f]{8}(?="\}\n$)/, (digits) => digits.toUpperCase());
    expect(upper).not.toBe(first);
    expect(why(upper)).toBe('damaged: the line has no checksum at its end');
    expect(why(first.replace('"}', '" }'))).toMatch(/^damaged/);
  });

  it('refuses what is not a line of a journal', () => {
    for (const line of ['', '{}', 'null', 'x'.repeat(100), '\0'.repeat(100), ',"crc":"00000000"}'])
      expect(why(line)).toMatch(/^damaged/);
  });

  it('tells a line that can not stand where it is from one whose bytes changed', () => {
    const resumed = { type: 'run.resumed', pid: 1 };
    for (const durable of [1, 2, -1, 0.5, '0', null])
      expect(why(firstLine({ ...resumed, durable }))).toBe(
        `wrong: it says that record ${JSON.stringify(durable)} was on disk before it`,
      );
    expect(why(firstLine({ ...resumed, durable: 0 }))).toBe('ok');
    for (const text of ['"seq":1', '[{"seq":1}', '{"seq":1,'])
      expect(why(`${text},"crc":"${crc32(text).toString(16).padStart(8, '0')}"}`)).toBe(
        'wrong: it is not a JSON object',
      );
  });

  it('names the record it does not know, and blames a newer version', () => {
    expect(why(firstLine({ type: 'task.teleported', task: 'a' }))).toBe(
      'unknown: this version of nuflow does not know such a "task.teleported" record; it may be of a newer one',
    );
  });

  it('refuses a field it does not know rather than dropping it', () => {
    const line = firstLine({ type: 'task.started', task: 'a', attempt: 1, host: 'b' });
    expect(why(line)).toMatch(/^unknown: .*"task.started" record \(.*host.*\)/);
  });

  it('tells the format it does not know', () => {
    expect(decode(bytes(firstLine({ ...DRAFTS[0], format: 2 })), 1, 0)).toMatchObject({
      kind: 'unknown',
      format: 2,
    });
  });
});

describe('of a line that can not be believed', () => {
  const line = `{"seq":9,"at":"${AT}","type":"run.resumed","pid":1,"durable":8,"crc":"00000000"}`;

  it('the claim of what was synced before it is still read', () => {
    expect(claimedDurable(Buffer.from(line))).toBe(8);
    expect(claimedDurable(Buffer.from(line.replace('"seq":9', '\0\0\0\0\0\0\0')))).toBe(8);
  });

  it('no value of a user passes for a claim', () => {
    const output = { x: '"durable":8,"crc":"00000000"}', durable: 8 };
    const draft: RecordDraft = { type: 'task.succeeded', task: 't', attempt: 1, output };
    expect(claimedDurable(bytes(linesOf([draft])[0] ?? ''))).toBe(0);
    expect(claimedDurable(Buffer.from(line.slice(0, -1)))).toBe(0);
  });

  it('the format is read from a first line only', () => {
    expect(namedFormat(Buffer.from('{"type":"run.started","format":2}'))).toBe(2);
    expect(namedFormat(Buffer.from('{"type":"run.resumed","format":2}'))).toBeUndefined();
    for (const other of ['nonsense', 'null', '7', '"run.started"', '[]', ''])
      expect(namedFormat(Buffer.from(other))).toBeUndefined();
  });
});
