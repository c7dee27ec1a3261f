import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadJsonError, type ParseJsonOptions, parseJson } from '../../../src/index.js';

function refusal(source: string | Uint8Array, options?: ParseJsonOptions): BadJsonError {
  try {
    parseJson(source, options);
  } catch (error) {
    if (error instanceof BadJsonError) return error;
    throw error;
  }
  throw new Error(`it was taken: ${String(source)}`);
}

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  );
const value = (source: string | Uint8Array) => parseJson(source).value;

describe('JSON with places', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (data, space) => {
        const text = JSON.stringify(data, null, space);
        expect(value(text)).toEqual(JSON.parse(text));
        expect(value(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is refused wherever JSON.parse refuses it', () => {
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'u0041',
      '-',
      '0',
      '1',
      '.',
      'e',
      '+',
      ' ',
      '\n',
      'true',
      'nul',
      'l',
      '/',
      '\u00a0',
    ];
    const isJson = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((it) => it.join(''));
    fc.assert(
      fc.property(text, (it) => {
        if (!isJson(it)) expect(refusal(it).code).toBe('NUFLOW_BAD_JSON');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[what: string, text: string | Uint8Array, line: number, column: number, why: RegExp]>([
    ['nothing', '', 1, 1, /end of the text/],
    ['white space only', ' \n ', 2, 2, /end of the text/],
    ['a BOM only', '\uFEFF', 1, 1, /end of the text/],
    ['two BOMs', '\uFEFF\uFEFF1', 1, 1, /U\+FEFF/],
    ['an object without an end', '{"a": 1', 1, 8, /expected "," or "}"/],
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 3, 3, /expected "," or "}"/],
    ['a comma too many', '{"a": 1,\n}', 2, 1, /comma before this "}"/],
    ['a comma too many in a list', '[1,]', 1, 4, /comma before this "\]"/],
    ['a key without quotes', '{a: 1}', 1, 2, /key in double quotes/],
    ['single quotes', "{'a': 1}", 1, 2, /double quotes only/],
    ['a comment', '{\n// x\n}', 2, 1, /no comments/],
    ['no colon', '{"a" 1}', 1, 6, /expected ":"/],
    ['two values', '1 2', 1, 3, /has ended/],
    ['a word', '{"a": True}', 1, 7, /a word without quotes/],
    ['a longer word', '[nullify]', 1, 2, /a word without quotes/],
    ['NaN', '[NaN]', 1, 2, /a word/],
    ['a zero in front', '[01]', 1, 2, /zeros in front/],
    ['a point without digits', '[1.]', 1, 2, /digits after its point/],
    ['a plus', '[+1]', 1, 2, /"\+"/],
    ['a bare minus', '[-]', 1, 2, /digit after its sign/],
    ['a hexadecimal number', '[0x10]', 1, 2, /no number/],
    ['a number too large', '{"n":\n1e999}', 2, 1, /larger than a number can be/],
    ['a number too small', '[-1.5e-999]', 1, 2, /smaller/],
    ['a number of too many digits', '[9007199254740993]', 1, 2, /become 9007199254740992/],
    ['a text without an end', '{"a": "x', 1, 7, /no end/],
    ['a newline in a text', '["a\nb"]', 1, 4, /line ends within a text/],
    ['a tab in a text', '["a\tb"]', 1, 4, /\\t/],
    ['NUL in a text', '["\0"]', 1, 3, /\\u0000/],
    ['an unknown escape', '["\\x41"]', 1, 3, /escape/],
    ['half an escape', '["\\u12"]', 1, 3, /escape/],
    [
      'a lone surrogate, escaped',
      '{"k":\n ["x\\n\\ud83d\\ude00\\ud800y"]}',
      2,
      19,
      /\\ud800 is a lone/,
    ],
    ['a lone surrogate in a key', '{"\\udc00": 1}', 1, 3, /\\udc00 is a lone/],
    ['a lone surrogate as it is', '["\ud800"]', 1, 3, /lone surrogate \(U\+D800\)/],
    ['Latin-1', bytes('{\n "é": 1,\n "id": "caf', 0xe9, '"}'), 3, 12, /0xE9 at offset 23.*UTF-8/],
    ['an overlong encoding', bytes('"', 0xc0, 0xaf, '"'), 1, 2, /0xC0 at offset 1/],
    ['a surrogate in UTF-8', bytes('"', 0xed, 0xa0, 0x80, '"'), 1, 2, /0xED/],
    ['beyond Unicode', bytes('"', 0xf4, 0x90, 0x80, 0x80, '"'), 1, 2, /0xF4/],
    ['a character cut at the end', bytes('"😀', 0xf0, 0x9f), 1, 4, /UTF-8/],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 1, 1, /UTF-16/],
    ['a no-break space', '[1,\u00a0 2]', 1, 4, /U\+00A0/],
  ])('is refused with line and column: %s', (_what, text, line, column, why) => {
    const error = refusal(text);
    expect(error.position).toEqual({ line, column });
    expect(error.message).toMatch(why);
    expect(error.details).toMatchObject({ what: 'the text', line, column });
    expect(error.message).toContain(`the text, line ${line}, column ${column}: `);
  });

  it('names both places of a key that appears twice, also when one is escaped', () => {
    const text = '{\n  "task": {"shell": {"x": 1},\n    "sh\\u0065ll": 2}\n}';
    const { message, position } = refusal(text, { file: 'w.json' });
    expect(message).toBe(
      'w.json:3:5: the key "shell" appears twice; it stands first at line 2, column 12. Keep one',
    );
    expect(position).toEqual({ line: 3, column: 5 });
    expect(refusal('{"__proto__": 1, "__proto__": 2}').message).toMatch(
      /"__proto__" appears twice/,
    );
  });

  it('does not quote the text, which may hold secrets', () => {
    for (const text of ['{"a": hunter2}', '{"a": "hunter2', '["hunter2" hunter2]', '[1hunter2]'])
      expect(refusal(text).message).not.toContain('hunter');
  });

  it('accepts a BOM and does not count it', () => {
    expect(value('\uFEFF{"a": 1}')).toEqual({ a: 1 });
    expect(value(bytes(0xef, 0xbb, 0xbf, '[1]'))).toEqual([1]);
    expect(parseJson('\uFEFF{"a": 1}').locate(['a'])).toEqual({ line: 1, column: 7 });
  });

  it('keeps keys that are special to JavaScript as data', () => {
    const data = value('{"__proto__": {"admin": true}, "constructor": 1, "toString": 2}');
    expect(Object.keys(data as object)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect((data as { admin?: unknown }).admin).toBeUndefined();
  });

  it('takes numbers that a double holds as they are', () => {
    const text =
      '[0, -0, 1.5, 1e3, 1E-2, 0.1, 9007199254740992, 5e-324, 1.7976931348623157e308, 0e999, 123456789012345680000]';
    expect(value(text)).toEqual(JSON.parse(text));
  });

  it('is bounded in depth and size', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(value(nested(1_000))).toHaveLength(1);
    expect(refusal(nested(1_001)).position.column).toBe(1_001);
    expect(refusal('{"a":'.repeat(200_000)).message).toMatch(/deeper than 1000/);
    expect(refusal(nested(65), { maxDepth: 64 }).message).toMatch(/deeper than 64/);
    expect(parseJson(nested(64), { maxDepth: 64 }).value).toHaveLength(1);
    expect(parseJson('[1]', { maxBytes: 3 }).value).toEqual([1]);
    expect(refusal('[10]', { maxBytes: 3, what: 'the body' }).message).toMatch(
      /^the body, .* 3 bytes/,
    );
  });

  it('knows the place of each value and key, and of the nearest part around what is not there', () => {
    const { locate } = parseJson(' {"a": [10,\n  {"b": null}],\n "__proto__": {"c": 1}}');
    expect(locate([])).toEqual({ line: 1, column: 2 });
    expect(locate(['a'], 'key')).toEqual({ line: 1, column: 3 });
    expect(locate(['a', 0])).toEqual({ line: 1, column: 9 });
    expect(locate(['a', 1, 'b'])).toEqual({ line: 2, column: 9 });
    expect(locate(['a', 1, 'b'], 'key')).toEqual({ line: 2, column: 4 });
    expect(locate(['__proto__', 'c'], 'key')).toEqual({ line: 3, column: 16 });
    expect(locate(['a', 7, 'x'])).toEqual(locate(['a']));
    expect(locate(['constructor'])).toEqual(locate([]));
    expect(locate(['a', 'length'])).toEqual(locate(['a']));
  });

  it('reads large texts in one go', () => {
    const item = '{"id": "task", "needs": [], "text": "caf\\u00e9 \\n"}';
    const text = `[${`${item},`.repeat(50_000)}${item}]`;
    expect(value(text)).toHaveLength(50_001);
    expect(value(`"${'x'.repeat(4_000_000)}"`)).toHaveLength(4_000_000);
    expect(refusal(`[${'1'.repeat(1_000_000)}]`).message).toMatch(/larger/);
  });
});
