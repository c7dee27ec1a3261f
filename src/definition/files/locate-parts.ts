import type { Locate, Position } from '../position.js';

/** Where a part begins: its key (in a list its value), and its value. */
export interface Offsets {
  readonly key: number;
  readonly value: number;
}
/** Offsets of the parts of a list or object, by key or place. */
export type PartOffsets = Map<PropertyKey, Offsets>;

/** Finds parts by their paths, from the offsets of the parts of each list and object. */
export function locateParts(
  whole: { readonly value: unknown; readonly start: number },
  partsOf: ReadonlyMap<unknown, PartOffsets>,
  position: (offset: number) => Position,
): Locate {
  return (path, part = 'value') => {
    let at: Offsets = { key: whole.start, value: whole.start };
    let value = whole.value;
    for (const step of path) {
      const next = partsOf.get(value)?.get(Array.isArray(value) ? Number(step) : String(step));
      if (next === undefined) break;
      at = next;
      value = (value as { readonly [key: PropertyKey]: unknown })[step];
    }
    return position(at[part]);
  };
}
