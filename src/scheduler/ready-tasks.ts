import { pathLengths } from '../dag/critical-path.js';
import type { Plan } from '../dag/plan.js';
import type { TaskSpec } from '../definition/spec.js';
import { ReadyQueue } from './ready-queue.js';

interface Pool {
  readonly queue: ReadyQueue;
  /** Tasks in it; the queue may also hold some that were removed. */
  size: number;
}

/** Tasks that may start, by pool; the most important of a pool comes out first. */
export class ReadyTasks {
  readonly #tasks: readonly TaskSpec[];
  readonly #rank: Int32Array;
  readonly #taskAtRank: Int32Array;
  readonly #isIn: Uint8Array;
  readonly #pools = new Map<string | undefined, Pool>();

  constructor(
    plan: Plan,
    tasks: readonly TaskSpec[],
    weights: ((index: number) => number) | undefined,
  ) {
    this.#tasks = tasks;
    this.#taskAtRank = byImportance(plan, tasks, weights);
    this.#rank = new Int32Array(plan.size);
    for (let rank = 0; rank < plan.size; rank++) this.#rank[this.#at(rank)] = rank;
    this.#isIn = new Uint8Array(plan.size);
  }

  /** All tasks of the plan, most important first: adding in this order is cheapest. */
  get byImportance(): Iterable<number> {
    return this.#taskAtRank;
  }

  add(task: number): void {
    if (this.#isIn[task] === 1) return;
    const pool = this.#pool(task);
    pool.queue.push(this.#rank[task] as number);
    pool.size++;
    this.#isIn[task] = 1;
  }

  /** Taking it out of the heap's middle would cost a search; `take` passes over it instead. */
  remove(task: number): void {
    if (this.#isIn[task] === 0) return;
    this.#pool(task).size--;
    this.#isIn[task] = 0;
  }

  take(pool: string | undefined): number | undefined {
    const queue = this.#pools.get(pool)?.queue;
    for (let rank = queue?.pop(); rank !== undefined; rank = queue?.pop()) {
      const task = this.#at(rank);
      if (this.#isIn[task] === 0) continue;
      this.remove(task);
      return task;
    }
    return undefined;
  }

  /** Rank of the most important task of the pool, 0 being the first of the plan; Infinity when it has none. */
  firstRank(pool: string | undefined): number {
    const queue = this.#pools.get(pool)?.queue;
    while (queue?.top !== undefined && this.#isIn[this.#at(queue.top)] === 0) queue.pop();
    return queue?.top ?? Number.POSITIVE_INFINITY;
  }

  /** See {@link firstRank}. */
  rankOf(task: number): number {
    return this.#rank[task] as number;
  }

  /** Priority of the task of this rank; 0 when there is none. */
  priorityOf(rank: number): number {
    const task = this.#taskAtRank[rank];
    return task === undefined ? 0 : (this.#tasks[task]?.priority ?? 0);
  }

  size(pool: string | undefined): number {
    return this.#pools.get(pool)?.size ?? 0;
  }

  /** Pools that have tasks. */
  pools(): readonly (string | undefined)[] {
    return [...this.#pools.keys()].filter((name) => this.size(name) > 0);
  }

  #at(rank: number): number {
    return this.#taskAtRank[rank] as number;
  }

  #pool(task: number): Pool {
    const name = this.#tasks[task]?.pool;
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const pool = { queue: new ReadyQueue(), size: 0 };
    this.#pools.set(name, pool);
    return pool;
  }
}

/** Task indices, most important first: priority, then the longest path to an end, then definition order. */
function byImportance(
  plan: Plan,
  tasks: readonly TaskSpec[],
  weights: ((index: number) => number) | undefined,
): Int32Array {
  const order = new Int32Array(plan.size);
  for (let i = 0; i < plan.size; i++) order[i] = i;
  const prioritized = tasks.some((task) => task.priority !== undefined);
  if (!prioritized && weights === undefined && plan.needs.targets.length === 0) return order; // all alike
  const lengths = pathLengths(plan, weights);
  const priorities = Float64Array.from(tasks, (task) => task.priority ?? 0);
  return order.sort(
    (a, b) => at(priorities, b) - at(priorities, a) || at(lengths, b) - at(lengths, a) || a - b,
  );
}

function at(array: Float64Array, i: number): number {
  return array[i] as number;
}
