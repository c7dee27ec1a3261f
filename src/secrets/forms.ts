/** Shortest text that is looked for: anything shorter is part of too much else. */
export const MIN_LENGTH = 4;
/** Shortest line of a secret of several lines that is looked for by itself. */
const MIN_LINE = 8;

/**
 * The forms in which a secret may turn up: as it is, without the white space around it, line by line, and each
 * of these escaped for JSON, a URL or markup, in hex, or in base64 (also within a longer text, as in the
 * header of HTTP basic authentication). What a program makes of it otherwise is not known to anybody.
 */
export function formsOf(value: string): string[] {
  const { whole, lines } = partsOf(value);
  return distinct([
    ...whole.flatMap((text) => [...textForms(text), ...byteForms(text)]),
    ...lines.flatMap(textForms),
  ]);
}

/** What it comes to when escapes of URLs and markup are decoded: as it is, in JSON, and with `+` for a blank. */
export function decodedForms(value: string): string[] {
  const { whole, lines } = partsOf(value);
  const texts = [...whole, ...lines];
  const inTexts = texts.flatMap((text) => [text, inJson(text)]);
  return distinct(inTexts.flatMap((text) => [text, text.replaceAll(' ', '+')]));
}

/** The secret with and without the white space around it; the lines of one that has several. */
function partsOf(value: string): { whole: string[]; lines: string[] } {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return {
    whole: [value, value.trim()],
    lines: lines.length > 1 ? lines.filter((line) => line.length >= MIN_LINE) : [],
  };
}

function distinct(forms: string[]): string[] {
  return [...new Set(forms)].filter((form) => form.length >= MIN_LENGTH);
}

function textForms(text: string): string[] {
  const json = inJson(text);
  const nested = inJson(json);
  const escaped = [json, nested, inJson(nested), inAsciiJson(text), json.replaceAll('/', '\\/')];
  return [text, ...escaped, ...inUrl(text), ...inMarkup(text)];
}

function byteForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex');
  return [hex, hex.toUpperCase(), ...inBase64(text)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As encoders write that keep to ASCII. */
function inAsciiJson(text: string): string {
  return inJson(text).replace(
    /[^\0-\x7f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Encoders differ in what they leave as it is, in the case of hex digits, and in a blank. */
function inUrl(text: string): string[] {
  const usual = encodeURIComponent(text);
  const strict = usual.replace(/[!'()*]/g, percent);
  const strictest = strict.replace(/[._~-]/g, percent);
  const form = [usual, strict].map((it) => it.replaceAll('%20', '+'));
  const nushell = strictest.replace(/%2[EF]|%3A/g, decodeURIComponent);
  const all = [usual, strict, strictest, encodeURI(text), nushell, ...form];
  return [...all, ...all.map((it) => it.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

/** Encoders of XML and HTML agree on three characters, and differ in how they write quotes. */
function inMarkup(text: string): string[] {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quotes = QUOTES.map(([double, single]) =>
    safe.replaceAll('"', double).replaceAll("'", single),
  );
  const nushell = safe
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#x27;')
    .replaceAll('/', '&#x2f;');
  return [safe, ...quotes, nushell];
}

const QUOTES = [
  ['&quot;', '&apos;'],
  ['&quot;', '&#39;'],
  ['&quot;', '&#x27;'],
  ['&#34;', '&#39;'],
  ['&quot;', "'"],
] as const;

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** At each of the three places that a byte can have in base64, the digits that are the secret's own: at the end of a text, and with more behind. */
function inBase64(text: string): string[] {
  const bytes = Buffer.from(text);
  const standard = [0, 1, 2].flatMap((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    // The last digit is another one when more bytes follow.
    return [digits.slice(from), digits.slice(from, to)];
  });
  const urlSafe = standard.map((it) => it.replaceAll('+', '-').replaceAll('/', '_'));
  return [...standard, ...urlSafe];
}
