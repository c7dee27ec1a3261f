/** One module a source file imports or exports from. */
export interface Import {
  /** As written; `(computed)` for `import(expression)`. */
  readonly specifier: string;
  /** `import type` or `export type`: gone when the program runs. */
  readonly typeOnly: boolean;
  /** `import()`: loaded when the program comes there. */
  readonly dynamic?: boolean;
}

const STRINGS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/.source;
const COMMENTS = new RegExp(`(${STRINGS})|/\\*[\\s\\S]*?\\*/|//.*`, 'g');
const STATIC =
  /^\s*(?:import|export)\s+(type\s+(?!from\b))?(?:[\w$*{}\s,]+?\s*from\s*)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*(?:["']([^"']+)["'])?/g;

/** The text without its comments; strings keep what looks like one. */
export function withoutComments(text: string): string {
  return text.replace(COMMENTS, (_, string: string | undefined) => string ?? '');
}

/**
 * What a TypeScript file imports: `import`, `import type`, `export … from` and `import()`. It reads
 * formatted source by pattern, which is enough for a repository whose format is checked.
 */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const fixed = [...code.matchAll(STATIC)].map(([, type, specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined,
  }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, specifier = '(computed)']) => ({
    specifier,
    typeOnly: false,
    dynamic: true,
  }));
  return [...fixed, ...dynamic];
}
