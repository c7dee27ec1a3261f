import { describe, expect, it } from 'vitest';
import { Redactor } from '../../src/secrets/redactor.js';

const PASSWORD = 'p"ä/s+s w%rd\\1';
const TOKEN = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
const KEY = [
  '-----BEGIN KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu',
  '-----END KEY-----',
  '',
].join('\n');
const redactor = new Redactor([
  { name: 'PASSWORD', value: PASSWORD },
  { name: 'TOKEN', value: TOKEN },
  { name: 'KEY', value: KEY },
]);

describe('Redactor', () => {
  it('puts a mark with its name in the place of a secret, and leaves the rest as it is', () => {
    expect(redactor.text(`a ${TOKEN} b ${PASSWORD}${TOKEN}.`)).toBe(
      'a [secret TOKEN] b [secret PASSWORD][secret TOKEN].',
    );
    expect(redactor.text('nothing at all \ud83d\ude00')).toBe('nothing at all \ud83d\ude00');
  });

  const nested = JSON.stringify({ a: [{ [PASSWORD]: PASSWORD }] });
  it.each([
    ['JSON', nested],
    ['JSON in JSON', JSON.stringify([nested])],
    ['JSON in JSON in JSON', JSON.stringify(JSON.stringify([nested]))],
    ['ASCII JSON', nested.replaceAll('ä', '\\u00e4')],
    ['JSON with escaped slashes', nested.replaceAll('/', '\\/')],
    ['a URL', `https://u:${encodeURIComponent(PASSWORD)}@host`],
    ['a URL in lower case', encodeURIComponent(PASSWORD).toLowerCase()],
    ['a form', String(new URLSearchParams({ password: PASSWORD }))],
    ['XML', PASSWORD.replaceAll('"', '&quot;')],
    ['HTML', `<b>${PASSWORD.replaceAll('"', '&#34;')}</b>`],
    ['HTML as Nushell writes it', inMarkup(PASSWORD, /["'/<>&]/g)],
    ['HTML with all of it in decimal', inMarkup(PASSWORD, /./gu, (code) => `${code}`)],
    [
      'HTML in upper case hex',
      inMarkup(PASSWORD, /\W/gu, (code) => `X0${code.toString(16).toUpperCase()}`),
    ],
    ['HTML in JSON', JSON.stringify(inMarkup(PASSWORD, /[/'<>&]/g))],
    ['JSON in HTML', inMarkup(JSON.stringify(PASSWORD), /["'/<>&]/g)],
    ['a URL as Nushell writes it', inUrl(PASSWORD, /[^\w/.:]|_/gu)],
    ['a URL with all of it escaped', inUrl(PASSWORD, /./gu)],
    ['a URL with little escaped', inUrl(PASSWORD, /[ %]/g)],
    ['a URL with letters escaped', inUrl(PASSWORD, /[ps%]/g)],
    ['a form with JSON', String(new URLSearchParams({ json: JSON.stringify({ a: PASSWORD }) }))],
    ['base64', Buffer.from(PASSWORD).toString('base64')],
    ['base64url', Buffer.from(PASSWORD).toString('base64url')],
    ['base64 of more', Buffer.from(`user:${PASSWORD}\n`).toString('base64')],
    ['base64 of more, elsewhere', Buffer.from(`user1:${PASSWORD}!`).toString('base64')],
    ['base64 of more, at the third place', Buffer.from(`user12:${PASSWORD}?`).toString('base64')],
    ['hex', Buffer.from(PASSWORD).toString('hex')],
  ])('finds a secret in %s', (_what, text) => {
    expect(redactor.text(text)).toContain('[secret PASSWORD]');
    for (const decoded of decodings(redactor.text(text))) expect(decoded).not.toContain(PASSWORD);
    expect(inBytes(redactor, text)).toBe(redactor.text(text));
  });

  it('leaves escapes alone that are of no secret, also ones that are cut short', () => {
    for (const other of [
      '100%',
      '%2',
      '%2%2F%zz',
      '&',
      '&amp',
      '&#x;',
      '&#99999999;',
      '&amp;&&lt;',
      '\ud83d%',
    ])
      expect(redactor.text(`${other} ${other}`)).toBe(`${other} ${other}`);
    expect(redactor.text(`%%2&&#${inUrl(TOKEN, /-/g)}%2&#x`)).toBe('%%2&&#[secret TOKEN]%2&#x');
  });

  it('finds escaped secrets in letters of any number of bytes', () => {
    for (const value of ['пароль/секрет', '秘密のトークン-秘密/🎉🎉🎉', '🎉pass-word/🎉']) {
      const odd = new Redactor([{ name: 'S', value }]);
      for (const text of [
        inUrl(value, /[-/]/g),
        inUrl(value, /./gu),
        inMarkup(value, /./gu),
        inMarkup(value, /[-/]/g),
      ]) {
        expect(odd.text(`🎉${text}🎉`)).toBe('🎉[secret S]🎉');
        expect(inBytes(odd, `🎉${text}🎉`)).toBe('🎉[secret S]🎉');
      }
    }
  });

  it.each([
    ['of two bytes', 'абвгдежзийклмнопрстуфхцчшщъыьэюя'],
    ['of three bytes', '秘密鍵値文字列漢字仮名交文暗号化済値一二三四五六七八九十百千万億'],
    ['of four bytes', '😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗'],
  ])('finds a secret of letters %s that a table broke', (_what, value) => {
    const odd = new Redactor([{ name: 'S', value }]);
    const letters = [...value];
    const [head, tail] = [letters.slice(0, 16).join(''), letters.slice(16).join('')];
    const bordered = `│ ${head} │ ж │\n│ ${tail} │   │\n`;
    const spaced = `  ${head}   1\n  ${tail}    \n`;
    expect(odd.text(bordered)).toBe('│ [secret S] │   │\n');
    expect(odd.text(spaced)).toBe('  [secret S]    \n');
    for (const text of [bordered, spaced, `${head}\n${tail}\n`])
      expect(inBytes(odd, text)).toBe(odd.text(text));
  });

  it('keeps bytes that are no text, also ones that look like parts of borders', () => {
    const head = Buffer.from(TOKEN.slice(0, 9));
    const tail = Buffer.from(`\n${TOKEN.slice(9)}`);
    for (const bytes of [
      [0xb7],
      [0xe2],
      [0xe2, 0x94],
      [0xf0, 0x9f, 0x98],
      [0xff, 0x80],
      [0xc2, 0xc2],
    ]) {
      const other = Buffer.concat([Buffer.from(bytes), head, Buffer.from(bytes), tail]);
      const stream = redactor.byteStream();
      const shown = [...other.toString('latin1')].map((byte) => stream.push(byte)).join('');
      expect(Buffer.from(shown + stream.end(), 'latin1')).toEqual(other);
    }
  });

  it('finds a secret in a table of which the columns have no borders', () => {
    const [head, tail] = [TOKEN.slice(0, 9), TOKEN.slice(9)];
    const table = ` # k n\n\n 0   ${head}   1 \n     ${tail}     \n`;
    expect(redactor.text(table)).toBe(' # k n\n\n 0   [secret TOKEN]     \n');
    const one = `${head} 1\n${tail}`;
    expect(redactor.text(one)).toBe(one);
  });

  it('finds a secret of several lines by each line, without its last newline, and in wrapped base64', () => {
    const [, first, second] = KEY.split('\n') as [string, string, string];
    const indented = redactor.text(`  | ${first}\n  | ${second}\n`);
    expect(indented).toBe('  | [secret KEY]\n  | [secret KEY]\n');
    expect(redactor.text(`<${KEY.trim()}>`)).toBe('<[secret KEY]>');
    const wrapped = Buffer.from(`x${KEY}`).toString('base64').replace(/.{76}/g, '$&\n');
    expect(redactor.text(wrapped)).toMatch(/^.{0,3}\[secret KEY\]\n?$/);
  });

  it('covers all of secrets that overlap, are doubled, or hold each other', () => {
    const overlapping = new Redactor([
      { name: 'A', value: 'abcdef' },
      { name: 'B', value: 'defghi' },
      { name: 'C', value: 'aaaa' },
      { name: 'D', value: '0aaaa0' },
    ]);
    expect(overlapping.text('-abcdefghi-')).toBe('-[secret A]-');
    expect(overlapping.text('-aaaaaaa-')).toBe('-[secret C]-');
    expect(overlapping.text('-0aaaa0-')).toBe('-[secret D]-');
    expect(overlapping.text('-0aaaa1-')).toBe('-0[secret C]1-');
  });

  it('chooses a mark that is no part of a secret itself', () => {
    const odd = new Redactor([
      { name: 'PASSWORD', value: 'secret' },
      { name: 'OTHER', value: ']***[sec' },
    ]);
    expect(odd.text('a secret b ]***[sec c')).toBe('a ### b ### c');
  });

  it('takes secrets out of values: texts, keys, and numbers that are one', () => {
    const pin = new Redactor([
      { name: 'PIN', value: '123456' },
      { name: 'TOKEN', value: TOKEN },
    ]);
    const value = { [TOKEN]: [123456, 1234567, -1.5, true, null], text: `is ${TOKEN}`, '': {} };
    expect(pin.value(value)).toEqual({
      '[secret TOKEN]': ['[secret PIN]', 1234567, -1.5, true, null],
      text: 'is [secret TOKEN]',
      '': {},
    });
  });

  it('leaves keys and numbers alone where only texts may change', () => {
    const odd = new Redactor([
      { name: 'A', value: 'message' },
      { name: 'PIN', value: '1234' },
    ]);
    const error = {
      code: 'E',
      message: 'a message: "1234"',
      exitCode: 1234,
      inner: [{ message: '' }],
    };
    expect(odd.texts(error)).toEqual({ ...error, message: 'a [secret A]: "[secret PIN]"' });
  });

  it('gives back the very value when it holds no secret', () => {
    const value = { a: [1, 'two', { __proto__: null }] };
    expect(redactor.value(value)).toBe(value);
  });

  it('takes secrets out of a value nested as deep as JSON goes, and keeps odd keys', () => {
    const deep = JSON.parse(`${'['.repeat(3_000)}{"__proto__":"${TOKEN}"}${']'.repeat(3_000)}`);
    const expected = `${'['.repeat(3_000)}{"__proto__":"[secret TOKEN]"}${']'.repeat(3_000)}`;
    expect(JSON.stringify(redactor.value(deep))).toBe(expected);
  });

  it('finds a secret that was broken into lines, with borders or without', () => {
    const [head, tail] = [TOKEN.slice(0, 9), TOKEN.slice(9)];
    for (const gap of ['\n', '\r\n   ', '\n  | ', '\n  │ ', '\n   ·   ', ' \n\n']) {
      expect(redactor.text(`is ${head}${gap}${tail}, so`)).toBe('is [secret TOKEN], so');
      expect(redactor.value({ rendered: `${head}${gap}${tail}` })).toEqual({
        rendered: '[secret TOKEN]',
      });
      const bytes = redactor.byteStream();
      const broken = Buffer.from(`is ${head}${gap}${tail}, so`).toString('latin1');
      expect(bytes.push(broken) + bytes.end()).toBe('is [secret TOKEN], so');
    }
    for (const other of [
      `${head} ${tail}`,
      `${head}\nx${tail}`,
      `${head}\n${' '.repeat(5000)}${tail}`,
    ])
      expect(redactor.text(other)).toBe(other);
  });

  it('finds a secret that was broken into lines in JSON text, however often it was escaped', () => {
    const [head, tail] = [TOKEN.slice(0, 9), TOKEN.slice(9)];
    const table = `│ token │ ${head} │ x │\n│       │ ${tail} │ y │`;
    const ascii = (text: string): string =>
      text.replace(/[^\0-\x7f]/g, (it) => `\\u${it.charCodeAt(0).toString(16)}`);
    const once = JSON.stringify({ token: table, color: `\u001b[32m${head}\u001b[0m\n${tail}` });
    const twice = JSON.stringify({ once });
    for (const text of [once, twice, JSON.stringify([twice]), ascii(once)]) {
      const bytes = redactor.byteStream();
      const shown = bytes.push(Buffer.from(text).toString('latin1')) + bytes.end();
      for (const redacted of [redactor.text(text), shown]) {
        expect(redacted.split('[secret TOKEN]')).toHaveLength(3);
        expect(redacted).not.toContain(head);
        expect(redacted).not.toContain(tail);
      }
    }
    for (const other of [`${head}\\x${tail}`, `${head}\\u0041${tail}`, `${head}\\ ${tail}`])
      expect(redactor.text(other)).toBe(other);
  });

  it('finds it in a stream, too, when there was no pause; what only might go on is not kept back for longer', () => {
    const stream = redactor.stream();
    expect(stream.push(`ready ${TOKEN.slice(0, 9)}\n  | `)).toBe('ready ');
    expect(stream.push(`${TOKEN.slice(9)}\n`) + stream.pause()).toBe('[secret TOKEN]\n');
    expect(stream.push(`ready ${TOKEN.slice(0, 9)}\n`)).toBe('ready ');
    expect(stream.pause()).toBe(`${TOKEN.slice(0, 9)}\n`);
    expect(stream.push(TOKEN.slice(9))).toBe(TOKEN.slice(9));
    expect(stream.push(TOKEN.slice(0, 9)) + stream.pause()).toBe('');
    expect(stream.push(TOKEN.slice(9))).toBe('[secret TOKEN]');
  });

  it('keeps little back, however long a gap is', () => {
    const stream = redactor.stream();
    const out = [TOKEN.slice(0, 9), ...Array(1_000).fill('\n'.repeat(100))].map((it) =>
      stream.push(it),
    );
    expect(out.join('').length).toBeGreaterThan(99_000);
  });
});

/** A text, and what it may decode to. */
function decodings(text: string): string[] {
  const base64 = text.match(/[A-Za-z0-9+/=_-]{8,}/g) ?? [];
  return [
    text,
    ...base64.map((it) => Buffer.from(it, 'base64').toString()),
    ...base64.map((it) => Buffer.from(it, 'hex').toString()),
  ];
}

/** As bytes, cut into pieces of one. */
function inBytes(redactor: Redactor, text: string): string {
  const stream = redactor.byteStream();
  const bytes = [...Buffer.from(text).toString('latin1')];
  const redacted = bytes.map((byte) => stream.push(byte)).join('') + stream.end();
  return Buffer.from(redacted, 'latin1').toString();
}

function inUrl(text: string, escaped: RegExp): string {
  return text.replace(escaped, (char) =>
    Buffer.from(char)
      .toString('hex')
      .replace(/../g, (hex) => `%${hex.toUpperCase()}`),
  );
}

function inMarkup(
  text: string,
  escaped: RegExp,
  digits = (code: number) => `x${code.toString(16)}`,
): string {
  return text.replace(escaped, (char) => `&#${digits(char.codePointAt(0) ?? 0)};`);
}
