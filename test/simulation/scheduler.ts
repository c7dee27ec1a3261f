import type { Cancel } from '../../src/platform/clock.js';

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Virtual time: what is to happen, in order. Between two happenings the program under test runs until it
 * waits for the next; nothing in it may wait for anything else, or the order would not be ours.
 */
export class Scheduler {
  /** Happenings so far. */
  steps = 0;
  readonly #settle: () => Promise<void>;
  /** A binary heap: the next comes first. */
  readonly #heap: Entry[] = [];
  #time = 0;
  #order = 0;

  /** `settle` resolves when the program can't go on by itself. */
  constructor(settle: () => Promise<void> = afterMicrotasks) {
    this.#settle = settle;
  }

  /** Milliseconds since the beginning. */
  get time(): number {
    return this.#time;
  }

  /** Makes something happen `delayMs` from now; of two at the same time the first asked for comes first. */
  at(delayMs: number, run: () => void): Cancel {
    const entry: Entry = { at: this.#time + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets time pass without anything happening in it; what was due comes late. */
  pass(ms: number): void {
    this.#time += ms;
  }

  /** Makes the next thing happen, and waits until the program has done what it does about it; false when nothing is left. */
  async step(): Promise<boolean> {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      if (entry.run === undefined) continue;
      this.#time = Math.max(this.#time, entry.at);
      this.steps++;
      entry.run();
      await this.#settle();
      return true;
    }
    return false;
  }

  /** Waits until the program can't go on by itself. */
  settle(): Promise<void> {
    return this.#settle();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!comesBefore(entry, heap[parent] as Entry)) break;
      heap[place] = heap[parent] as Entry;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (child + 1 < heap.length && comesBefore(heap[child + 1] as Entry, heap[child] as Entry))
        child++;
      if (!comesBefore(heap[child] as Entry, last)) break;
      heap[place] = heap[child] as Entry;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function comesBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when all promises that can have settled: Node calls next ticks only after its last microtask. */
export function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** The same by a whole turn of the event loop, after which Node also reports rejections that nobody handled. */
export function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
