import { CycleError } from '../definition/cycle-error.js';
import { nearest } from '../definition/nearest.js';
import { keepTaskIndex } from '../definition/task-index.js';
import { DuplicateTaskError, InvalidTaskIdError, UnknownDependencyError } from '../errors.js';

/** Edges in compressed sparse rows: those of node i are `targets[offsets[i] … offsets[i + 1]]`. */
export interface Edges {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** A checked graph, tasks by their index in definition order. */
export interface Plan {
  readonly size: number;
  readonly ids: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  /** Of each task, the tasks it waits for. A task named twice counts once. */
  readonly needs: Edges;
  /** Of each task, the tasks that wait for it. */
  readonly dependents: Edges;
  /** A topological order. */
  readonly order: Int32Array;
}

/** What a plan is made of. */
export interface PlanTask {
  readonly id: string;
  readonly needs: readonly string[];
}

/**
 * Checks a graph and lays it out in typed arrays, in time linear in tasks and edges, without recursion.
 * Throws InvalidTaskIdError, DuplicateTaskError, UnknownDependencyError, CycleError.
 */
export function plan(tasks: readonly PlanTask[]): Plan {
  const index = indexOf(tasks);
  keepTaskIndex(tasks, index);
  const needs = needsOf(tasks, index);
  const dependents = reverse(needs, tasks.length);
  const ids = tasks.map((task) => task.id);
  const order = topologicalOrder(needs, dependents, tasks.length);
  if (order.length < tasks.length) throw new CycleError(findCycle(needs, order, ids));
  return { size: tasks.length, ids, index, needs, dependents, order };
}

/** The neighbours of one node. */
export function neighbours(edges: Edges, node: number): Int32Array {
  return edges.targets.subarray(edges.offsets[node], edges.offsets[node + 1]);
}

const MAX_ID_LENGTH = 200;

function indexOf(tasks: readonly PlanTask[]): Map<string, number> {
  const index = new Map<string, number>();
  for (const { id } of tasks) {
    checkTaskId(id);
    const place = index.size;
    index.set(id, place);
    if (index.size === place) throw new DuplicateTaskError(id); // there was one: the map did not grow
  }
  return index;
}

/** Throws InvalidTaskIdError for what can't be the id of a task. */
export function checkTaskId(id: string): void {
  if (typeof id !== 'string' || id === '')
    throw new InvalidTaskIdError(String(id), 'is empty; give the task a name');
  if (id.length > MAX_ID_LENGTH)
    throw new InvalidTaskIdError(id, `is longer than ${MAX_ID_LENGTH} characters; shorten it`);
  if (!id.isWellFormed())
    throw new InvalidTaskIdError(id, 'has a lone surrogate; correct its text');
  if (/\p{Cc}/u.test(id)) throw new InvalidTaskIdError(id, 'has a control character; remove it');
}

function needsOf(tasks: readonly PlanTask[], index: ReadonlyMap<string, number>): Edges {
  const offsets = new Int32Array(tasks.length + 1);
  const targets = new Int32Array(tasks.reduce((sum, { needs }) => sum + needs.length, 0));
  const seenBy = new Int32Array(tasks.length).fill(-1);
  let edges = 0;
  let i = 0;
  for (const task of tasks) {
    for (const need of task.needs) {
      const target = index.get(need);
      if (target === undefined)
        throw new UnknownDependencyError(task.id, need, nearest(need, index.keys()));
      if (seenBy[target] === i) continue;
      seenBy[target] = i;
      targets[edges++] = target;
    }
    offsets[++i] = edges;
  }
  return { offsets, targets: edges === targets.length ? targets : targets.slice(0, edges) };
}

function reverse({ offsets, targets }: Edges, size: number): Edges {
  const reversed = { offsets: new Int32Array(size + 1), targets: new Int32Array(targets.length) };
  for (const target of targets) reversed.offsets[target + 1] = at(reversed.offsets, target + 1) + 1;
  for (let i = 0; i < size; i++)
    reversed.offsets[i + 1] = at(reversed.offsets, i + 1) + at(reversed.offsets, i);
  const next = reversed.offsets.slice();
  for (let i = 0; i < size; i++) {
    for (let e = at(offsets, i); e < at(offsets, i + 1); e++) {
      const target = at(targets, e);
      reversed.targets[at(next, target)] = i;
      next[target] = at(next, target) + 1;
    }
  }
  return reversed;
}

/** Kahn's algorithm; shorter than `size` when there is a cycle. */
function topologicalOrder(needs: Edges, dependents: Edges, size: number): Int32Array {
  const waiting = new Int32Array(size);
  const order = new Int32Array(size);
  let tail = 0;
  for (let i = 0; i < size; i++) {
    waiting[i] = at(needs.offsets, i + 1) - at(needs.offsets, i);
    if (waiting[i] === 0) order[tail++] = i;
  }
  for (let head = 0; head < tail; head++) {
    const node = at(order, head);
    // By hand: a view of each node's neighbours would cost more than all the rest.
    for (let e = at(dependents.offsets, node); e < at(dependents.offsets, node + 1); e++) {
      const dependent = at(dependents.targets, e);
      const left = at(waiting, dependent) - 1;
      waiting[dependent] = left;
      if (left === 0) order[tail++] = dependent;
    }
  }
  return order.subarray(0, tail);
}

/** Every task outside the order has a need outside it: following those must come back to where it was. */
function findCycle(needs: Edges, order: Int32Array, ids: readonly string[]): string[] {
  const ordered = new Uint8Array(ids.length);
  for (const i of order) ordered[i] = 1;
  const stepOf = new Int32Array(ids.length).fill(-1);
  const path: number[] = [];
  let node = ordered.indexOf(0);
  while (stepOf[node] === -1) {
    stepOf[node] = path.length;
    path.push(node);
    node = neighbours(needs, node).find((need) => ordered[need] === 0) ?? node;
  }
  const cycle = path.slice(at(stepOf, node));
  return [...cycle, node].map((i) => ids[i] ?? '');
}

/** Element of a typed array known to be there. */
function at(array: Int32Array, i: number): number {
  return array[i] as number;
}
