import type { JsonValue } from '../json.js';
import type { Path } from '../position.js';

/** A text that looks as if a reference had been meant. */
export interface TextReference {
  readonly path: Path;
  /** Whether it can hardly be meant as text. */
  readonly certain: boolean;
  /** The reference as it should be written. */
  readonly reference: string;
}

/** `{ $input: name }` within a text. */
const WRITTEN = /\{\s*["']?\$(input|output|secret)["']?\s*:\s*["']?([\w.-]*)/;
/** `${{ input.name }}`, as in GitHub's workflows. */
const EXPRESSION = /\$\{\{\s*(input|output|secret|need|task|step)s?\b\.?([\w.-]*)/;
/** `{{ input.name }}`, as in templates. */
const TEMPLATE = /\{\{\s*\$?(input|output|secret)s?\b\.?([\w.-]*)\s*\}\}/;
/** `$input.name` or `${input.name}`. */
const VARIABLE = /\$\{?(input|output|secret)s?\.([\w.-]+)\}?/;
/** A text that is nothing but a variable. */
const WHOLE = /^\$\{?(input|output|secret)s?(?:\.([\w.-]+))?\}?$/;

/** What YAML makes of `- server-{ $input: name }`: a key `server-{ $input` with the value `name }`. */
const SPLIT = /\{\s*["']?\$(input|output|secret)["']?$/;

/** Programs' options that take code, which may have such variables of its own. */
const CODE_OPTION = /^(?:-\w*[ce]|--(?:eval|commands?|print))$/;

/** All texts in a part of a task that look like references; code of Nushell has variables of its own. */
export function* textReferences(value: JsonValue, path: Path): Generator<TextReference> {
  if (typeof value === 'string') {
    const found = textReference(value, false);
    if (found !== undefined) yield { path, ...found };
  } else if (Array.isArray(value)) {
    for (const [i, part] of value.entries()) yield* inList(value, part, i, path);
  } else if (typeof value === 'object' && value !== null) {
    if (Object.hasOwn(value, '$literal')) return;
    for (const [key, part] of Object.entries(value)) {
      const [, kind] = SPLIT.exec(key) ?? [];
      if (kind !== undefined)
        yield {
          path,
          certain: true,
          reference: splitText(kind, part as JsonValue),
        };
      else if (!isReferenceKey(key)) yield* textReferences(part as JsonValue, [...path, key]);
    }
  }
}

function* inList(
  list: readonly JsonValue[],
  part: JsonValue,
  place: number,
  path: Path,
): Generator<TextReference> {
  const before = list[place - 1];
  const isCode = typeof before === 'string' && CODE_OPTION.test(before);
  if (!isCode || typeof part !== 'string') return yield* textReferences(part, [...path, place]);
  const found = textReference(part, true);
  if (found !== undefined) yield { path: [...path, place], ...found };
}

function splitText(kind: string, value: JsonValue): string {
  const name = typeof value === 'string' ? value.replace(/\s*\}.*$/s, '') : '';
  return `{ $${kind}: ${name === '' ? '""' : name} }`;
}

/** The path of a reference is text, its default may be any. */
function isReferenceKey(key: string): boolean {
  return key === '$input' || key === '$output' || key === '$secret' || key === '$function';
}

function textReference(text: string, isCode: boolean): Omit<TextReference, 'path'> | undefined {
  const sure = WRITTEN.exec(text) ?? EXPRESSION.exec(text);
  const whole = isCode ? null : WHOLE.exec(text);
  const near = TEMPLATE.exec(text) ?? VARIABLE.exec(text);
  const match = sure ?? whole ?? near;
  if (match === null) return undefined;
  const certain = sure !== null || (!isCode && !text.includes('\n'));
  const [, kind = 'input', name = ''] = match;
  const target = ['need', 'task', 'step'].includes(kind) ? 'output' : kind;
  return { certain, reference: `{ $${target}: ${name === '' ? '""' : name} }` };
}
