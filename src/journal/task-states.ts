import { taskIndex } from '../definition/task-index.js';
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

  /** Whether the definition has such a task. */
  knows(task: string): boolean {
    return this.#index.has(task);
  }

  get(task: string): TaskState | undefined {
    const place = this.#index.get(task);
    return place === undefined ? undefined : this.#states[place];
  }

  /** Of a task that the definition has. */
  set(task: string, state: TaskState): void {
    this.#states[this.#index.get(task) as number] = state;
  }

  *values(): Generator<TaskState, void, void> {
    for (const state of this.#states) if (state !== undefined) yield state;
  }

  *[Symbol.iterator](): Generator<[string, TaskState], void, void> {
    for (const [place, state] of this.#states.entries())
      if (state !== undefined) yield [this.#tasks[place]?.id as string, state];
  }
}
