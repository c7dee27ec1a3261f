/** Values this deep are text in one piece: what holds many of them is never one string. */
const WHOLE_DEPTH = 3;

/**
 * What `JSON.stringify(value, undefined, space)` gives, in pieces: the whole may be longer than a string can
 * be. `value` is JSON.
 */
export function* jsonPieces(value: unknown, space = 0, depth = 0): Generator<string, void, void> {
  if (depth === WHOLE_DEPTH || !hasMembers(value)) {
    yield JSON.stringify(value, undefined, space).replaceAll('\n', newLine(space, depth));
    return;
  }
  const isList = Array.isArray(value);
  let before = isList ? '[' : '{';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined && !isList) continue;
    const name = isList ? '' : `${JSON.stringify(key)}:${space > 0 ? ' ' : ''}`;
    yield `${before}${newLine(space, depth + 1)}${name}`;
    yield* jsonPieces(member ?? null, space, depth + 1);
    before = ',';
  }
  yield `${newLine(space, depth)}${isList ? ']' : '}'}`;
}

function hasMembers(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((member) => member !== undefined)
  );
}

function newLine(space: number, depth: number): string {
  return space === 0 ? '' : `\n${' '.repeat(space * depth)}`;
}
