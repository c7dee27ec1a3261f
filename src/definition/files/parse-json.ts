import type { JsonValue } from '../json.js';
import { type Locate, type Position, positionsIn, positionText } from '../position.js';
import { BadJsonError } from './bad-json.js';
import { decodeText } from './decode-text.js';
import { JsonParser, type ParserOptions } from './json-parser.js';
import { locateParts, type PartOffsets } from './locate-parts.js';

/** What {@link parseJson} is told. */
export interface ParseJsonOptions {
  /** What the text is, for errors, such as `'the body'`; default `'the text'`. */
  readonly what?: string | undefined;
  /** The file the text is of, for errors: `file:line:column: why` in place of `what`. */
  readonly file?: string | undefined;
  /** How many lists and objects may stand in one another, 1 to 1,000; default 1,000. */
  readonly maxDepth?: number | undefined;
  /** Longest text, bytes of UTF-8 (of a string, UTF-16 units); default no limit. */
  readonly maxBytes?: number | undefined;
}

/** A value and the places of its parts. */
export interface ParsedJson {
  readonly value: JsonValue;
  /** The place of the part at a path, such as `['tasks', 0, 'id']`. */
  readonly locate: Locate;
}

const MAX_DEPTH = 1_000;
const START: Position = { line: 1, column: 1 };

/**
 * Reads JSON strictly (RFC 8259), and refuses what JSON.parse would change or drop in silence: keys that appear twice,
 * bytes that are not UTF-8, lone surrogates, numbers that a double can't hold. A BOM is accepted. A key `__proto__` is
 * a key like others. Takes time linear in the text. Throws {@link BadJsonError}, which names line and column.
 */
export function parseJson(source: string | Uint8Array, options: ParseJsonOptions = {}): ParsedJson {
  const {
    what = 'the text',
    file,
    maxDepth = MAX_DEPTH,
    maxBytes = Number.POSITIVE_INFINITY,
  } = options;
  const refuse = (position: Position, why: string): never => {
    throw new BadJsonError({ what, file }, position, why);
  };
  if (source.length > maxBytes)
    refuse(START, `the text is larger than ${maxBytes} bytes, which is the limit`);
  const decoded = decodeText(source);
  if ('problem' in decoded) return refuse(decoded.position, decoded.problem);
  const { text } = decoded;
  const parsing: ParserOptions = {
    maxDepth: Math.min(maxDepth, MAX_DEPTH),
    refuse: (offset, why, earlier) => {
      const position = positionsIn(text);
      const also =
        earlier === undefined
          ? ''
          : `; it stands first at ${positionText(position(earlier))}. Keep one`;
      return refuse(position(offset), `${why}${also}`);
    },
  };
  const value = new JsonParser(text, parsing).whole();
  let locate: Locate | undefined;
  return {
    value,
    locate: (path, part) => {
      locate ??= locateIn(text, parsing);
      return locate(path, part);
    },
  };
}

/** Reads a text once more, for the places: of most texts they are never asked for. */
function locateIn(text: string, parsing: ParserOptions): Locate {
  const partsOf = new Map<unknown, PartOffsets>();
  const onParts = (whole: object, parts: PartOffsets) => partsOf.set(whole, parts);
  const value = new JsonParser(text, { ...parsing, onParts }).whole();
  const start = text.search(/[^ \n\r\t]/);
  return locateParts({ value, start }, partsOf, positionsIn(text));
}
