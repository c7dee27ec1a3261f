import { type Plan, plan } from '../dag/plan.js';
import { fileError, sourceOf } from '../definition/files/source.js';
import { assertJson } from '../definition/json.js';
import { didYouMean, nearest } from '../definition/nearest.js';
import { checkReferences } from '../definition/references.js';
import type { OnFailure, Settings, TaskSpec } from '../definition/spec.js';
import type { TaskCode, Workflow } from '../definition/workflow.js';
import { assertRecordableSpec } from '../engine/commit/recordable.js';
import type { RunContext } from '../engine/run-context.js';
import { InvalidDefinitionError, NuflowError, quote, UnknownRunnerError } from '../errors.js';
import type { Executor } from '../queue/executor.js';
import type { Runner } from '../runners/runner.js';

/** What a definition is checked against. */
export interface Acceptance {
  readonly runners: ReadonlyMap<string, Runner>;
  readonly executor: Executor;
}

/** Of workflows, whose graphs don't change: the work and the memory are spent once, not for each run. */
const plans = new WeakMap<readonly TaskSpec[], Plan>();

function planOf(tasks: readonly TaskSpec[]): Plan {
  const known = plans.get(tasks);
  if (known !== undefined) return known;
  const made = plan(tasks);
  plans.set(tasks, made);
  return made;
}

/**
 * Everything that can be found wrong with a definition before anything starts: ids, needs, cycles
 * (by the plan), runners and what they are told, references, pools, names of outputs.
 */
export function accept(
  workflow: Workflow,
  against: Acceptance,
  onFailure: OnFailure | undefined,
): RunContext {
  const { spec } = workflow;
  assertRecordableSpec(spec);
  const planned = planOf(spec.tasks);
  acceptTasks(workflow, against);
  for (const [name, task] of spec.outputs ?? []) {
    if (!planned.index.has(task)) {
      const meant = didYouMean(task, planned.index.keys());
      throw new InvalidDefinitionError(
        `outputs.${name}`,
        `names ${quote(task)}, which is not a task of this workflow${meant}`,
      );
    }
  }
  return { workflow, plan: planned, onFailure: onFailure ?? spec.onFailure ?? 'continue' };
}

/** Throws the first error; of a workflow that came from a file all of them, with line and column. */
function acceptTasks({ spec, code }: Workflow, against: Acceptance): void {
  const source = sourceOf(spec);
  const errors: { task: number; error: NuflowError }[] = [];
  for (const [place, task] of spec.tasks.entries()) {
    try {
      acceptTask(task, code.tasks.get(task.id), against);
    } catch (error) {
      if (source === undefined || !(error instanceof NuflowError)) throw error;
      errors.push({ task: place, error });
    }
  }
  if (source !== undefined && errors.length > 0) throw fileError(source, errors);
}

const NO_FUNCTIONS: ReadonlySet<string> = new Set();

function acceptTask(
  task: TaskSpec,
  code: TaskCode | undefined,
  { runners, executor }: Acceptance,
): void {
  const runner = runners.get(task.runner);
  if (runner === undefined) {
    const known = [...runners.keys()];
    throw new UnknownRunnerError(task.id, task.runner, known, nearest(task.runner, known));
  }
  const path = `tasks.${task.id}`;
  if (task.pool !== undefined) acceptPool(task.pool, executor, path);
  const needs = new Set(task.needs);
  assertJson(task.with, `${path}.with`);
  checkReferences(task.with, { needs, functions: code?.fields ?? NO_FUNCTIONS }, path);
  if (task.runner === 'fn' && code?.run === undefined) {
    throw new InvalidDefinitionError(
      path,
      'is a function task without its function; plain data can only hold tasks of other kinds',
    );
  }
  runner.check(task.with, path);
  if (task.probe !== undefined) acceptProbe(task.probe.with, { code, needs, runner }, path);
}

/** The executor does not know whose pool it is. */
function acceptPool(pool: string, executor: Executor, task: string): void {
  try {
    executor.limit(pool);
  } catch (error) {
    if (!(error instanceof InvalidDefinitionError)) throw error;
    throw new InvalidDefinitionError(`${task}.pool`, String(error.details.why));
  }
}

function acceptProbe(
  settings: Settings,
  of: {
    readonly code: TaskCode | undefined;
    readonly needs: ReadonlySet<string>;
    readonly runner: Runner;
  },
  task: string,
): void {
  const path = `${task}.probe`;
  assertJson(settings, path);
  const functions = of.code?.probe?.fields ?? NO_FUNCTIONS;
  checkReferences(settings, { needs: of.needs, functions }, path);
  of.runner.check(settings, path, 'probe');
}
