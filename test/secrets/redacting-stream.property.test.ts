import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodedForms, formsOf } from '../../src/secrets/forms.js';
import { Redactor } from '../../src/secrets/redactor.js';

/** For a longer look: NUFLOW_FUZZ_RUNS=30000. */
const RUNS = Number(process.env.NUFLOW_FUZZ_RUNS ?? 500);

/** Few characters, so that secrets repeat, overlap and hold each other. */
const close = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\n'), minLength: 4, maxLength: 9 });
const wide = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 60 });
const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 4, maxLength: 60 });
/** What does not count in a secret that was broken, and so may stand beside any gap. */
const BORDER = /[|:\u00b7\u2764\u2500-\u257f]/;
const GAPS = ['\n', '\n  | ', '\r\n│ ', ' \n ·'];

/** A text made of secrets in their forms, whole or broken into lines, and of other text, and where it is cut. */
function sceneOf(kind: fc.Arbitrary<string>) {
  const secret = fc
    .oneof(close, kind)
    .filter((text) => text.trim().length >= 4 && text.isWellFormed() && !BORDER.test(text));
  const filler = fc.string({ unit: fc.oneof(fc.constantFrom('a', 'b', '"', ' '), kind) });
  return fc
    .array(secret, { minLength: 1, maxLength: 4 })
    .chain((secrets) => {
      const form = fc.constantFrom(...secrets.flatMap(formsOf));
      const broken = fc
        .tuple(form, fc.nat(20), fc.constantFrom(...GAPS))
        .map(([text, at, gap]) => [...text].toSpliced(at, 0, gap).join(''));
      return fc.record({
        secrets: fc.constant(secrets),
        parts: fc.array(fc.oneof(filler, form, broken), { maxLength: 12 }),
        cuts: fc.array(fc.nat(400), { maxLength: 20 }),
      });
    })
    .map(({ secrets, parts, cuts }) => ({ secrets, text: parts.join(''), cuts }));
}

const scene = sceneOf(wide);

describe('redacting a stream', () => {
  it('hands on no form of any secret, however the text is cut', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const { redacted } = redactIn(secrets, text, cuts);
        const left = secrets.flatMap(formsOf).filter((form) => redacted.includes(form));
        expect(left).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same however the text is cut', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const { redacted, redactor } = redactIn(secrets, text, cuts);
        expect(redacted).toBe(redactor.text(text));
      }),
      { numRuns: RUNS },
    );
  });

  it('hands on no form of any secret in bytes either, cut within characters', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const redacted = redactBytes(secrets, text, cuts);
        const left = secrets
          .flatMap(formsOf)
          .filter((form) => redacted.includes(Buffer.from(form)));
        expect(left).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('handles bytes as it handles text', () => {
    fc.assert(
      fc.property(sceneOf(ascii), ({ secrets, text, cuts }) => {
        const { redacted } = redactIn(secrets, text, cuts);
        expect(redactBytes(secrets, text, cuts).toString()).toBe(redacted);
      }),
      { numRuns: RUNS },
    );
  });

  it('changes nothing but what a secret covers', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const { redacted } = redactIn(secrets, text, cuts);
        expect(redacted).toBe(reference(secrets, text));
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps back nothing that can’t be the beginning of a secret', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const stream = redactorOf(secrets).stream();
        const forms = secrets.flatMap(formsOf);
        const longest = Math.max(...forms.map((form) => form.length));
        let read = '';
        for (const piece of cut(text, cuts)) {
          read += piece;
          stream.push(piece);
          stream.pause();
        }
        // A whole secret that could go on to be a longer one is kept back too, and comes as its mark.
        const held = stream.end().replaceAll(/\[[^[\]]*\]/g, '').length;
        const endings = Array.from({ length: longest }, (_, i) => read.slice(-1 - i));
        const begun = endings.filter(
          (end) => forms.some((form) => form.startsWith(end)) || isEscapeBegun(end),
        );
        expect(held).toBeLessThanOrEqual(Math.max(0, ...begun.map((end) => end.length)));
      }),
      { numRuns: RUNS },
    );
  });
});

/** Whether it begins what may be an escaped character. */
function isEscapeBegun(text: string): boolean {
  return /[%&]/.test(text);
}

function redactorOf(secrets: readonly string[]): Redactor {
  return new Redactor(secrets.map((value, i) => ({ name: `S${i}`, value })));
}

function redactIn(secrets: readonly string[], text: string, cuts: readonly number[]) {
  const redactor = redactorOf(secrets);
  const stream = redactor.stream();
  const redacted = cut(text, cuts)
    .map((piece) => stream.push(piece))
    .join('');
  return { redactor, redacted: redacted + stream.end() };
}

function redactBytes(secrets: readonly string[], text: string, cuts: readonly number[]): Buffer {
  const stream = redactorOf(secrets).byteStream();
  const pieces = cut(Buffer.from(text).toString('latin1'), cuts);
  const redacted = pieces.map((piece) => stream.push(piece)).join('') + stream.end();
  return Buffer.from(redacted, 'latin1');
}

function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.filter((n) => n < text.length).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}

/** The same by brute force: every place that any form covers, and one mark for each covered stretch. */
function reference(secrets: readonly string[], text: string): string {
  const covered = new Array<boolean>(text.length).fill(false);
  for (const [from, to] of secrets.flatMap(formsOf).flatMap((form) => [...places(form, text)]))
    covered.fill(true, from, to);
  for (const escaped of ESCAPES)
    for (const [from, to] of decodedPlaces(secrets.flatMap(decodedForms), text, escaped))
      covered.fill(true, from, to);
  const redactor = redactorOf(secrets);
  // A secret that begins like another is named by either, as the text around it has it.
  const marks = new Set(secrets.flatMap((value, n) => [`[secret S${n}]`, redactor.text(value)]));
  let redacted = redactor.text(text);
  for (let at = 0; at < text.length; ) {
    if (!covered[at]) {
      if (redacted[0] !== text[at]) return `expected ${text.slice(at)} before ${redacted}`;
      redacted = redacted.slice(1);
      at++;
      continue;
    }
    while (covered[at]) at++;
    // Stretches that touch may have a mark each.
    for (let mark = startOf(redacted, marks); mark !== undefined; mark = startOf(redacted, marks))
      redacted = redacted.slice(mark.length);
  }
  return redacted === '' ? redactor.text(text) : `left over: ${redacted}`;
}

/** Where a form is in the text: as it is, and broken into lines. */
function* places(form: string, text: string): Generator<readonly [from: number, to: number]> {
  for (const at of occurrences(form, text)) yield [at, at + form.length];
  const joined = form.replace(/[\0- ]+/g, '');
  if (joined.length < 8) return;
  const solid = solidPlaces(text);
  for (const at of occurrences(joined, solid.map((it) => text[it]).join(''))) {
    const [from = 0, last = 0] = [solid[at], solid[at + joined.length - 1]];
    if (text.slice(from, last).includes('\n')) yield [from, last + 1];
  }
}

const ESCAPES = [/%[\da-f]{2}/i, /&(?:amp|lt|gt|quot|apos|sol|#\d{1,9}|#x[\da-f]{1,8});/i];

/** Where a form is in the text when the escapes are decoded. */
function* decodedPlaces(
  forms: readonly string[],
  text: string,
  escaped: RegExp,
): Generator<readonly [from: number, to: number]> {
  const tokens = [...text.matchAll(new RegExp(`${escaped.source}|[^]`, 'giu'))];
  const bytes = tokens.flatMap(({ index, 0: token }) =>
    [...(escaped.test(token) ? decoded(token) : Buffer.from(token))].map((byte) => ({
      byte,
      from: index,
      to: index + token.length,
    })),
  );
  const whole = Buffer.from(bytes.map(({ byte }) => byte)).toString('latin1');
  for (const form of forms.map((it) => Buffer.from(it).toString('latin1')))
    for (const at of occurrences(form, whole))
      yield [bytes[at]?.from ?? 0, bytes[at + form.length - 1]?.to ?? 0];
}

function decoded(token: string): Buffer {
  if (token.startsWith('%')) return Buffer.from(token.slice(1), 'hex');
  const [, hex, decimal] = /^&#(?:x([\da-f]+)|(\d+));$/i.exec(token) ?? [];
  if (hex !== undefined) return Buffer.from(String.fromCodePoint(Number.parseInt(hex, 16)));
  if (decimal !== undefined) return Buffer.from(String.fromCodePoint(Number(decimal)));
  return Buffer.from(NAMED[token] ?? token);
}

const NAMED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&sol;': '/',
};

/** What is neither white space, nor drawn beside text after a line break. */
function solidPlaces(text: string): number[] {
  const gaps = [...text.matchAll(/[\0- ]*\n[\0- |\u00b7\u2500-\u257f]*|[\0- ]+/g)];
  const inGap = new Set(gaps.flatMap(({ index, 0: gap }) => [...gap].map((_, i) => index + i)));
  return [...Array(text.length).keys()].filter((at) => !inGap.has(at));
}

function* occurrences(part: string, text: string): Generator<number> {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) yield at;
}

function startOf(text: string, marks: ReadonlySet<string>): string | undefined {
  return [...marks].find((mark) => text.startsWith(mark));
}
