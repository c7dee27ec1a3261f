import type { WorkflowSpec } from '../definition/spec.js';
import type { Runner } from '../runners/runner.js';

/** Runners get ready before anything of a workflow that uses them is accepted: a missing Nushell is no failed task. */
export class PreparedRunners {
  readonly #runners: ReadonlyMap<string, Runner>;
  readonly #prepared = new Map<string, Promise<void>>();

  constructor(runners: ReadonlyMap<string, Runner>) {
    this.#runners = runners;
  }

  /** Resolves when all that the workflow uses are ready for tasks of this base directory. Throws what a runner lacks. */
  async prepare({ tasks }: WorkflowSpec, baseDir: string): Promise<void> {
    for (const name of new Set(tasks.map((task) => task.runner))) await this.#ready(name, baseDir);
  }

  #ready(name: string, baseDir: string): Promise<void> {
    const key = JSON.stringify([name, baseDir]);
    const ready =
      this.#prepared.get(key) ?? Promise.resolve(this.#runners.get(name)?.prepare?.(baseDir));
    this.#prepared.set(key, ready);
    return ready.catch((error: Error) => {
      this.#prepared.delete(key); // asked again next time: it may have been installed meanwhile
      throw error;
    });
  }
}
