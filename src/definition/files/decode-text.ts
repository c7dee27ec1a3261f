import { type Position, positionsIn } from '../position.js';

/** A text without its BOM, or what is wrong with it and where. */
export type Decoded =
  | { readonly text: string }
  | { readonly problem: string; readonly position: Position };

const BOM = '\uFEFF';
const START: Position = { line: 1, column: 1 };

/** Reads UTF-8, a BOM at its beginning allowed. Bytes or UTF-16 units that are no text are never replaced. */
export function decodeText(source: string | Uint8Array): Decoded {
  if (typeof source !== 'string') return decodeBytes(source);
  const text = source.startsWith(BOM) ? source.slice(BOM.length) : source;
  if (text.isWellFormed()) return { text };
  const offset = loneSurrogate(text);
  return {
    problem: `a lone surrogate (U+${hex(text.charCodeAt(offset))}), which is no character`,
    position: positionsIn(text)(offset),
  };
}

/** Offset of the first lone surrogate of a text; -1 when it has none. */
export function loneSurrogate(text: string): number {
  return text.search(/\p{Surrogate}/u);
}

function decodeBytes(bytes: Uint8Array): Decoded {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { problem: 'the text is UTF-16; save it as UTF-8', position: START };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const end = wellFormedEnd(bytes);
    // What comes before is UTF-8, so that nothing of it is replaced.
    const before = new TextDecoder().decode(bytes.subarray(0, end));
    const byte = `0x${hex(bytes[end] ?? 0, 2)}`;
    const why = end >= bytes.length ? 'ends within a character' : `byte ${byte} at offset ${end}`;
    return {
      problem: `${why}: this is not UTF-8; save the text as UTF-8`,
      position: positionsIn(before)(before.length),
    };
  }
}

/** Least first continuation byte, greatest one, and count of continuation bytes, by lead byte. Source: Unicode, table 3-7. */
function sequence(
  lead: number,
): readonly [least: number, greatest: number, count: number] | undefined {
  if (lead < 0x80) return [0, 0, 0];
  if (lead >= 0xc2 && lead <= 0xdf) return [0x80, 0xbf, 1];
  if (lead >= 0xe0 && lead <= 0xef)
    return [lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf, 2];
  if (lead >= 0xf0 && lead <= 0xf4)
    return [lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf, 3];
  return undefined;
}

/** Offset of the first sequence that is not UTF-8. */
function wellFormedEnd(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const shape = sequence(bytes[at] as number);
    if (shape === undefined) return at;
    const [least, greatest, count] = shape;
    for (let i = 1; i <= count; i++) {
      const byte = bytes[at + i];
      const [from, to] = i === 1 ? [least, greatest] : [0x80, 0xbf];
      if (byte === undefined || byte < from || byte > to) return at;
    }
    at += count + 1;
  }
  return at;
}

function hex(value: number, digits = 4): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
