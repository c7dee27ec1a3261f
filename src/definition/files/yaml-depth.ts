import type * as Yaml from 'yaml';

/**
 * Offset at which a YAML text is nested too deep to be parsed; undefined when it can be. Parsers recurse, and texts
 * of 200,000 brackets ended the process. Exact for brackets; blocks count twice at most, so that the limit for them
 * is twice `most` here, and the one who reads the parsed document counts exactly.
 */
export function tooDeepAt({ Lexer }: typeof Yaml, text: string, most: number): number | undefined {
  const columns: number[] = [];
  let flow = 0;
  let offset = 0;
  let lineStart = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (flow === 0 && !isLayout(token)) indent(columns, offset - lineStart);
    if (flow > most || columns.length > 2 * most) return offset;
    if (!isControl(token)) offset += token.length;
    const newline = token.lastIndexOf('\n');
    if (newline !== -1) lineStart = offset - (token.length - newline - 1);
  }
  return undefined;
}

/** Marks the lexer puts between tokens of the text: BOM, document, end of flow, scalar. */
const CONTROLS = ['\u{2}', '\u{18}', '\u{1f}'];

function isControl(token: string): boolean {
  return CONTROLS.includes(token);
}

function isLayout(token: string): boolean {
  return isControl(token) || token.trim() === '' || token.startsWith('#');
}

/** Columns at which blocks begin, each further right than the one before. */
function indent(columns: number[], column: number): void {
  while ((columns.at(-1) ?? -1) > column) columns.pop();
  if (columns.at(-1) !== column) columns.push(column);
}
