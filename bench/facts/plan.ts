import { plan } from 'nuflow/dag';
import type { Fact } from '../harness/contender.js';

const TASKS = 100_000;
const EDGES_EACH = 3;

/**
 * Planning beside what one would write by hand for the same list of tasks: ids to numbers, then Kahn's algorithm over
 * typed arrays. How much of that is Kahn alone, on numbers that are there already, is told beside it, but is no
 * measure of planning: most of the work is to find tasks by their ids.
 */
export const planFact: Fact = {
  name: 'plan of 100k tasks, 300k edges, beside hand-written Kahn over typed arrays, both from ids',
  toReach: '≤ 5 ×, RSS < 250 MB',
  async measure() {
    const tasks = graph();
    const targets = numbered(tasks);
    const planMs = fastest(() => plan(tasks));
    const rss = process.memoryUsage.rss() / 1024 ** 2;
    const ratio = planMs / fastest(() => kahn(numbered(tasks)));
    const bare = planMs / fastest(() => kahn(targets));
    const value = `${ratio.toFixed(1)} × (${planMs.toFixed(0)} ms; from numbers ${bare.toFixed(1)} ×)`;
    return { value: `${value}, RSS ${rss.toFixed(0)} MB`, reached: ratio <= 5 && rss < 250 };
  },
};

interface Task {
  readonly id: string;
  readonly needs: readonly string[];
}

function graph(): Task[] {
  let seed = 1;
  return Array.from({ length: TASKS }, (_, i) => {
    const needs: string[] = [];
    for (let e = 0; e < EDGES_EACH; e++) {
      seed = (seed * 48_271) % 0x7fffffff;
      if (i > 0) needs.push(`t${seed % i}`);
    }
    return { id: `t${i}`, needs };
  });
}

/** Needs by number, {@link EDGES_EACH} a task, -1 for none. Checks nothing. */
function numbered(tasks: readonly Task[]): Int32Array {
  const index = new Map<string, number>();
  for (const { id } of tasks) index.set(id, index.size);
  const targets = new Int32Array(TASKS * EDGES_EACH).fill(-1);
  let i = 0;
  for (const { needs } of tasks) {
    for (let e = 0; e < needs.length; e++)
      targets[i * EDGES_EACH + e] = index.get(needs[e] as string) as number;
    i++;
  }
  return targets;
}

/** From edges by number to an order: reverse them, count, walk. */
function kahn(targets: Int32Array): Int32Array {
  const offsets = new Int32Array(TASKS + 1);
  const waiting = new Int32Array(TASKS);
  for (let e = 0; e < targets.length; e++) {
    const target = targets[e] as number;
    if (target < 0) continue;
    offsets[target + 1] = (offsets[target + 1] as number) + 1;
    const from = Math.floor(e / EDGES_EACH);
    waiting[from] = (waiting[from] as number) + 1;
  }
  for (let i = 0; i < TASKS; i++)
    offsets[i + 1] = (offsets[i + 1] as number) + (offsets[i] as number);
  const next = offsets.slice();
  const dependents = new Int32Array(targets.length);
  for (let e = 0; e < targets.length; e++) {
    const target = targets[e] as number;
    if (target < 0) continue;
    dependents[next[target] as number] = Math.floor(e / EDGES_EACH);
    next[target] = (next[target] as number) + 1;
  }
  const order = new Int32Array(TASKS);
  let tail = 0;
  for (let i = 0; i < TASKS; i++) if (waiting[i] === 0) order[tail++] = i;
  for (let head = 0; head < tail; head++) {
    const node = order[head] as number;
    for (let d = offsets[node] as number; d < (offsets[node + 1] as number); d++) {
      const dependent = dependents[d] as number;
      waiting[dependent] = (waiting[dependent] as number) - 1;
      if (waiting[dependent] === 0) order[tail++] = dependent;
    }
  }
  return order;
}

function fastest(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 7; n++) {
    const begun = performance.now();
    work();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}
