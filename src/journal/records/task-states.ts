import { taskIndex } from '../../definition/task-index.js';
import type { TaskState } from './state.js';

/** The states of a run's tasks, by id: those that some record spoke of, in the order of the definition. */
export class TaskStates {
  readonly #tasks: readonly { readonly id: string }[];
  readonly #index: ReadonlyMap<string, number>;
  /** By place in the definition: a Map of its own would take as much as the index again. */
  readonly #states: (TaskState | undefined)[];

  constructor(tasks: readonly { readonly id: string }[]) {
    this.#tasks = tasks;
    this.#index = taskIndex(tasks);
    this.#states = new Array<TaskState | undefined>(tasks.length).fill(undefined);
  }

  get(task: string): TaskState | undefined {
    const place = this.placeOf(task);
    return place === undefined ? undefined : this.#states[place];
  }

  /** Where the definition has the task; undefined when it has not. */
  placeOf(task: string): number | undefined {
    return this.#index.get(task);
  }

  /** The state of the task at a place. */
  at(place: number): TaskState | undefined {
    return this.#states[place];
  }

  put(place: number, state: TaskState): void {
    this.#states[place] = state;
  }

  *values(): Generator<TaskState, void, void> {
    for (const state of this.#states) if (state !== undefined) yield state;
  }

  /** The same, each with its place in the definition. */
  *entries(): Generator<[number, TaskState], void, void> {
    for (const [place, state] of this.#states.entries())
      if (state !== undefined) yield [place, state];
  }

  *[Symbol.iterator](): Generator<[string, TaskState], void, void> {
    for (const [place, state] of this.#states.entries())
      if (state !== undefined) yield [this.#tasks[place]?.id as string, state];
  }
}
