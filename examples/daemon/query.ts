import type { Context } from 'hono';
import { Problem } from './problem.js';

/** Refuses query parameters that a route does not have, and those that are given twice. Throws Problem 400. */
export function assertQuery(c: Context, known: readonly string[]): void {
  const given = [...new URL(c.req.url).searchParams.keys()];
  for (const [at, name] of given.entries()) {
    if (!known.includes(name)) throw unknown(name, known);
    if (given.indexOf(name) !== at)
      throw new Problem(400, 'invalid', `the query parameter "${name}" is given twice`);
  }
}

function unknown(name: string, known: readonly string[]): Problem {
  const next =
    known.length === 0 ? 'there are none here' : `did you mean "${nearest(name, known)}"?`;
  return new Problem(
    400,
    'unknown_parameter',
    `there is no query parameter ${JSON.stringify(name.slice(0, MAX_NAME))}; ${next}`,
  );
}

/** Longer names are like none of ours. */
const MAX_NAME = 40;

/** The name that is most like the given one. */
function nearest(name: string, names: readonly string[]): string {
  const distances = names.map((other) => distance(name.slice(0, MAX_NAME).toLowerCase(), other));
  return names[distances.indexOf(Math.min(...distances))] ?? '';
}

/** How many characters have to be put in, taken out or replaced to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, char] of [...one].entries()) {
    const next = [at + 1];
    for (let to = 1; to <= other.length; to++) {
      const replaced = (row[to - 1] ?? 0) + (other[to - 1] === char ? 0 : 1);
      next.push(Math.min(replaced, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
