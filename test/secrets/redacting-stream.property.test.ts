import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formsOf } from '../../src/secrets/forms.js';
import { Redactor } from '../../src/secrets/redactor.js';

/** For a longer look: NUFLOW_FUZZ_RUNS=30000. */
const RUNS = Number(process.env.NUFLOW_FUZZ_RUNS ?? 1_000);

/** Few characters, so that secrets repeat, overlap and hold each other. */
const close = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\n'), minLength: 4, maxLength: 9 });
const wide = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 60 });
const secret = fc
  .oneof(close, wide)
  .filter((text) => text.trim().length >= 4 && text.isWellFormed());
const filler = fc.string({ unit: fc.oneof(fc.constantFrom('a', 'b', '"', ' '), fc.string()) });

/** A text made of secrets in their forms and of other text, and where it is cut. */
const scene = fc
  .array(secret, { minLength: 1, maxLength: 4 })
  .chain((secrets) => {
    const forms = secrets.flatMap(formsOf);
    const part = fc.oneof(filler, fc.constantFrom(...forms));
    return fc.record({
      secrets: fc.constant(secrets),
      parts: fc.array(part, { maxLength: 12 }),
      cuts: fc.array(fc.nat(400), { maxLength: 20 }),
    });
  })
  .map(({ secrets, parts, cuts }) => ({ secrets, text: parts.join(''), cuts }));

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

  it('gives the same however the text is cut, and handles bytes as it handles text', () => {
    fc.assert(
      fc.property(scene, ({ secrets, text, cuts }) => {
        const { redacted, redactor } = redactIn(secrets, text, cuts);
        expect(redacted).toBe(redactor.text(text));
        const bytes = redactor.byteStream();
        const binary = cut(Buffer.from(text).toString('latin1'), cuts);
        const out = binary.map((piece) => bytes.push(piece)).join('') + bytes.end();
        expect(Buffer.from(out, 'latin1').toString()).toBe(Buffer.from(redacted).toString());
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
        let out = '';
        for (const piece of cut(text, cuts)) {
          read += piece;
          out += stream.push(piece);
        }
        const held = redactorOf(secrets).text(read).length - out.length;
        const endings = Array.from({ length: longest }, (_, i) => read.slice(-1 - i));
        const begun = endings.filter((end) => forms.some((form) => form.startsWith(end)));
        expect(held).toBeLessThanOrEqual(Math.max(0, ...begun.map((end) => end.length)));
      }),
      { numRuns: RUNS },
    );
  });
});

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

function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.filter((n) => n < text.length).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}

/** The same by brute force: every place that any form covers, and one mark for each covered stretch. */
function reference(secrets: readonly string[], text: string): string {
  const covered = new Array<boolean>(text.length).fill(false);
  for (const form of secrets.flatMap(formsOf)) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1))
      covered.fill(true, at, at + form.length);
  }
  const redactor = redactorOf(secrets);
  const marks = new Set(secrets.map((value) => redactor.text(value)));
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

function startOf(text: string, marks: ReadonlySet<string>): string | undefined {
  return [...marks].find((mark) => text.startsWith(mark));
}
