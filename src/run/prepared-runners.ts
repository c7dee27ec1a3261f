import type { WorkflowSpec } from '../definition/spec.js';
import type { Runner } from '../runners/runner.js';

/** Runners get ready before anything of a workflow that uses them is accepted: a missing Nushell is no failed task. */
export class PreparedRunners {
  readonly #runners: ReadonlyMap<string, Runner>;
  readonly #prepared = new Map<string, Promise<void>>();

  constructor(runners: ReadonlyMap<string, Runner>) {
    this.#runners = runners;
  }

  /** Resolves when all that the workflow uses are ready. Throws what a runner lacks. */
  async prepare({ tasks }: WorkflowSpec): Promise<void> {
    for (const name of new Set(tasks.map((task) => task.runner))) await this.#ready(name);
  }

  #ready(name: string): Promise<void> {
    const ready = this.#prepared.get(name) ?? Promise.resolve(this.#runners.get(name)?.prepare?.());
    this.#prepared.set(name, ready);
    return ready.catch((error: Error) => {
      this.#prepared.delete(name); // asked again next time: it may have been installed meanwhile
      throw error;
    });
  }
}
