import type * as Yaml from 'yaml';
import { lazyImport } from '../../lazy-import.js';
import type { JsonValue } from '../json.js';
import { type Locate, type Position, positionsIn, positionText } from '../position.js';
import { decodeText } from './decode-text.js';
import { rangeProblem } from './json-number.js';
import { locateParts, type PartOffsets } from './locate-parts.js';
import { tooDeepAt } from './yaml-depth.js';

/** The package, loaded when the first YAML text is read. */
const yaml = lazyImport<typeof Yaml>('yaml');

/** What is wrong with a YAML text, and where. */
export interface YamlProblem extends Position {
  readonly why: string;
}

export type ParsedYaml =
  | { readonly value: JsonValue; readonly locate: Locate }
  | { readonly problems: readonly YamlProblem[] };

export interface ParseYamlOptions {
  /** How many lists and mappings may stand in one another. */
  readonly maxDepth: number;
}

/**
 * Reads one document of YAML 1.2 as JSON. Refused are keys that appear twice, aliases, tags that are not of JSON, more
 * than one document, numbers that would change, and what is no JSON.
 */
export function parseYaml(source: string | Uint8Array, { maxDepth }: ParseYamlOptions): ParsedYaml {
  const decoded = decodeText(source);
  if ('problem' in decoded) return { problems: [{ ...decoded.position, why: decoded.problem }] };
  const { text } = decoded;
  const position = positionsIn(text);
  const control = text.search(CONTROL);
  if (control !== -1) {
    const why =
      'a control character, which YAML does not allow; write it as an escape in double quotes';
    return { problems: [{ ...position(control), why }] };
  }
  const deep = tooDeepAt(yaml(), text, maxDepth);
  if (deep !== undefined) return { problems: [{ ...position(deep), why: depthProblem(maxDepth) }] };
  const document = yaml().parseDocument(text, {
    uniqueKeys: false, // quadratic; ours has both places
    prettyErrors: false,
    strict: true,
    merge: false,
    logLevel: 'error', // 'silent' would accept a second document
  });
  const reader = new JsonReader(position, maxDepth);
  const found = [...document.errors, ...document.warnings];
  for (const { message, pos } of found) reader.refuse(pos[0], textOf(message));
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2')
    reader.refuse(
      0,
      `YAML ${document.directives.yaml.version} reads some texts as other values; remove the directive`,
    );
  if (document.errors.length > 0) return { problems: reader.problems };
  const { contents } = document;
  const value = reader.value(contents, 1);
  if (reader.problems.length > 0) return { problems: reader.problems };
  const start = contents?.range?.[0] ?? 0;
  return { value, locate: locateParts({ value, start }, reader.parts, position) };
}

/** All but tab, line feed, carriage return and next line. Source: YAML 1.2, c-printable. */
const CONTROL = /[^\P{Cc}\t\n\r\u0085]/u;

const depthProblem = (most: number): string => `nested deeper than ${most}, which is the limit`;

/** The package's messages, without what it advises about its own options. */
function textOf(message: string): string {
  if (message.startsWith('Source contains multiple documents'))
    return 'a second document begins here; a workflow file has one';
  if (message.startsWith('Unresolved tag'))
    return `${message.replace('Unresolved', 'unknown')}; remove it`;
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Turns nodes into JSON, remembers their places and collects what can't be JSON. */
class JsonReader {
  readonly parts = new Map<unknown, PartOffsets>();
  readonly problems: YamlProblem[] = [];
  readonly #position: (offset: number) => Position;
  readonly #maxDepth: number;

  constructor(position: (offset: number) => Position, maxDepth: number) {
    this.#position = position;
    this.#maxDepth = maxDepth;
  }

  refuse(offset: number, why: string): null {
    this.problems.push({ ...this.#position(offset), why });
    return null;
  }

  value(node: unknown, depth: number): JsonValue {
    const { isMap, isSeq, isScalar, isAlias } = yaml();
    if (node === null || node === undefined) return null;
    if (isScalar(node)) return this.#scalar(node);
    const start = startOf(node);
    if (isAlias(node))
      return this.refuse(
        start,
        `aliases are not supported; write the value in place of *${node.source}`,
      );
    if (depth > this.#maxDepth) return this.refuse(start, depthProblem(this.#maxDepth));
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return this.#list(node, depth);
    return this.refuse(start, 'is no JSON');
  }

  #map({ items }: Yaml.YAMLMap, depth: number): JsonValue {
    const entries: [string, JsonValue][] = [];
    const parts: PartOffsets = new Map();
    for (const { key, value } of items) {
      const offset = startOf(key);
      const name = this.#key(key);
      const earlier = name === undefined ? undefined : parts.get(name)?.key;
      if (earlier !== undefined) {
        const first = positionText(this.#position(earlier));
        this.refuse(
          offset,
          `the key ${JSON.stringify(name)} appears twice; it stands first at ${first}. Keep one`,
        );
      }
      const part = this.value(value, depth + 1);
      if (name === undefined || earlier !== undefined) continue;
      parts.set(name, { key: offset, value: startOf(value, offset) });
      entries.push([name, part]);
    }
    const object = Object.fromEntries(entries);
    this.parts.set(object, parts);
    return object;
  }

  #list({ items }: Yaml.YAMLSeq, depth: number): JsonValue {
    const parts: PartOffsets = new Map();
    const list = items.map((item, i) => {
      const offset = startOf(item);
      parts.set(i, { key: offset, value: offset });
      return this.value(item, depth + 1);
    });
    this.parts.set(list, parts);
    return list;
  }

  /** A key is text as it is written: that of `1: x` is "1". */
  #key(node: unknown): string | undefined {
    const { isScalar } = yaml();
    if (!isScalar(node) || node.value === null || node.value === undefined) {
      this.refuse(startOf(node), 'a key must be text; put it in quotes');
      return undefined;
    }
    if (typeof node.value === 'string') return this.#text(node.value, startOf(node));
    return node.source ?? String(node.value);
  }

  #text(text: string, offset: number): string {
    if (!text.isWellFormed()) this.refuse(offset, 'has a lone surrogate, which is no character');
    return text;
  }

  #scalar(node: Yaml.Scalar): JsonValue {
    const { value, source = '' } = node;
    const offset = startOf(node);
    if (typeof value === 'string') return this.#text(value, offset);
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value !== 'number')
      return this.refuse(offset, 'is no JSON; put it in quotes if it is text');
    const problem = numberProblem(source, value);
    return problem === undefined ? value : this.refuse(offset, problem);
  }
}

/** What reading a number would change about it. */
function numberProblem(source: string, value: number): string | undefined {
  if (/^[-+]?\.(?:inf|nan)$/i.test(source)) return `${source} is no number of JSON`;
  if (/^[-+]?0\d/.test(source))
    return `${source} would be read as ${value}; put it in quotes, or write it without the zero`;
  if (/^0[ox]/.test(source) && !Number.isSafeInteger(value))
    return 'the number has more digits than a number keeps';
  return /^0[ox]/.test(source) ? undefined : rangeProblem(source.replace(/^\+/, ''), value);
}

function startOf(node: unknown, otherwise = 0): number {
  const { range } = (node ?? {}) as { readonly range?: readonly number[] | null };
  return range?.[0] ?? otherwise;
}
