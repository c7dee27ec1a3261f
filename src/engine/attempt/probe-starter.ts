import { join } from 'node:path';
import type { TaskSpec } from '../../definition/spec.js';
import { makeWorkflow, type TaskCode, type Workflow } from '../../definition/workflow.js';
import type { RunEvents } from '../../events.js';
import type { RunState } from '../../journal/records/state.js';
import type { Execution, Outcome, Runner } from '../../runners/runner.js';
import type { RunContext, RunTools } from '../run-context.js';
import { AttemptStarter } from './attempt-starter.js';
import { deferredExecution } from './deferred-execution.js';

/**
 * Asks probes. A probe is its task's runner with other settings, started as the attempt it asks about was,
 * with the same key and cookie, in the folder `probe` of that attempt. Ask only when no process of the attempt is
 * left and that is on disk: what carries the cookie is then what an earlier process left of the same question.
 */
export class ProbeStarter {
  readonly #tools: RunTools;
  readonly #parts: RunContext;
  readonly #events: RunEvents;
  /** Made when it is needed: most runs never ask. */
  #made: AttemptStarter | undefined;

  constructor(tools: RunTools, parts: RunContext, events: RunEvents) {
    this.#tools = tools;
    this.#parts = parts;
    this.#events = events;
  }

  /** The outcome's output is null when nothing was done. Never throws. */
  start(state: RunState, spec: TaskSpec, attempt: number): Execution {
    const probe = probeOf(spec);
    const starter = this.#starter();
    const left = starter.adopt(state, probe, attempt, undefined);
    left.stop('kill');
    const asked = deferredExecution(
      left.outcome.then(() => () => starter.start(state, probe, attempt)),
    );
    const runner = this.#tools.runners.get(spec.runner);
    const ended = Promise.all([asked.outcome, left.outcome]);
    return {
      spawned: asked.spawned,
      outcome: ended.then(([outcome]) => answered(outcome, runner)),
      stop: (how) => asked.stop(how),
      hasEnded: async () => (await asked.hasEnded?.()) ?? false,
      detach: async () => {
        await Promise.all([left.detach?.(), asked.detach?.()]);
      },
    };
  }

  #starter(): AttemptStarter {
    const { attemptDir } = this.#tools;
    this.#made ??= new AttemptStarter(
      { ...this.#tools, attemptDir: (...place) => join(attemptDir(...place), 'probe') },
      { ...this.#parts, workflow: probesOf(this.#parts.workflow) },
      this.#events,
    );
    return this.#made;
  }
}

function answered(outcome: Outcome, runner: Runner | undefined): Outcome {
  if (outcome.status !== 'succeeded' || runner?.answer === undefined) return outcome;
  return { status: 'succeeded', output: runner.answer(outcome.output) };
}

/** The workflow with every task's probe in its place. */
function probesOf({ spec, code }: Workflow): Workflow {
  const tasks = new Map<string, TaskCode>();
  for (const [id, { probe, aliases }] of code.tasks) tasks.set(id, { ...probe, aliases });
  return makeWorkflow({ ...spec, tasks: spec.tasks.map(probeOf) }, { tasks });
}

function probeOf(spec: TaskSpec): TaskSpec {
  return { ...spec, with: spec.probe?.with ?? {} };
}
