import { isGivenSecrets } from '../definition/secrets.js';
import type { TaskSpec } from '../definition/spec.js';
import type { ComingWork } from '../runners/runner.js';
import type { Frontier } from '../scheduler/frontier.js';
import type { RunContext, RunTools } from './run-context.js';

/** A task that may start soon, and the name of its runner. */
type RunnersWork = ComingWork & { readonly runner: string };

/** Tells runners that want to know it what of a run may start soon. Nothing depends on it. */
export class LookaheadRequests {
  readonly #tools: RunTools;
  readonly #parts: RunContext;
  readonly #frontier: Frontier;
  /** Names of the runners that are told. */
  readonly #names: readonly string[];
  #isDue = false;
  #isOver = false;

  constructor(tools: RunTools, parts: RunContext, frontier: Frontier) {
    this.#tools = tools;
    this.#parts = parts;
    this.#frontier = frontier;
    const { tasks } = parts.workflow.spec;
    const isUsed = (name: string): boolean => tasks.some(({ runner }) => runner === name);
    const listening = [...tools.runners].filter(([, { expect }]) => expect).map(([name]) => name);
    this.#names = parts.plan.needs.targets.length === 0 ? [] : listening.filter(isUsed);
  }

  /** To be called when tasks have moved. What moves within a turn of the event loop is told once. */
  look(): void {
    if (this.#isDue || this.#names.length === 0) return;
    this.#isDue = true;
    this.#tools.platform.clock.soon(() => {
      this.#isDue = false;
      if (!this.#isOver) this.#tell(this.#coming());
    });
  }

  /** Nothing of the run starts any more. */
  end(): void {
    this.#isOver = true;
    this.#tell(undefined);
  }

  #tell(coming: readonly RunnersWork[] | undefined): void {
    const free = this.#tools.executor.free();
    for (const name of this.#names) {
      const own = coming?.filter(({ runner }) => runner === name);
      try {
        this.#tools.runners.get(name)?.expect?.(this, own, free);
      } catch {
        // A hint that can't be taken is no reason to fail: the tasks will say what is wrong.
      }
    }
  }

  #coming(): RunnersWork[] {
    const { tasks, secretInputs } = this.#parts.workflow.spec;
    const { baseDir, executor } = this.#tools;
    return this.#frontier.coming(executor.limit()).flatMap(({ task, steps }) => {
      const spec = tasks[task] as TaskSpec;
      if (isGivenSecrets(spec, secretInputs)) return [];
      return [{ runner: spec.runner, with: spec.with, baseDir, steps }];
    });
  }
}
