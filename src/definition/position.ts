/** A place in a text. Both count from 1; a column is a UTF-16 unit, as editors count, a BOM not counted. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys and places in lists that lead from a whole value to a part of it. */
export type Path = readonly PropertyKey[];

/**
 * Where the part at a path stands: its value, or its key. Of a path that leads to nothing, the nearest part
 * around it.
 */
export type Locate = (path: Path, part?: 'value' | 'key') => Position;

/** Positions by offset in a text. Takes the text's length once, then the logarithm of its lines. */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  };
}

/** `line 3, column 5`. */
export function positionText({ line, column }: Position): string {
  return `line ${line}, column ${column}`;
}
