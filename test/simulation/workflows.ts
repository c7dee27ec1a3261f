import {
  ON_FAILURE,
  ON_INTERRUPTED,
  type RetryPolicy,
  type TaskSpec,
  TRIGGER_RULES,
  type WorkflowSpec,
} from '../../src/definition/spec.js';
import type { Prng } from './prng.js';

/** The pool beside the orchestrator's own that simulated tasks may use. */
export const POOL = 'io';

/** A workflow of simulated tasks: any graph, rules, retries, timeouts. */
export function randomWorkflow(prng: Prng, name: string): WorkflowSpec {
  const size = prng.chance(0.05) ? prng.between(10, 40) : prng.spread(1, 9);
  const density = prng.next();
  const tasks: TaskSpec[] = [];
  for (let n = 0; n < size; n++) tasks.push(randomTask(prng, tasks, density));
  return {
    name,
    ...(prng.chance(0.5) ? { onFailure: prng.pick(ON_FAILURE) } : {}),
    ...(prng.chance(0.1) ? { timeoutMs: prng.spread(100, 10_000) } : {}),
    tasks,
  };
}

function randomTask(prng: Prng, before: readonly TaskSpec[], density: number): TaskSpec {
  const id = `t${before.length + 1}`;
  const needs = before
    .slice(-6)
    .filter(() => prng.chance(density))
    .map((task) => task.id);
  return {
    id,
    runner: prng.chance(0.15) ? 'local' : 'sim',
    needs,
    with: withOf(prng, needs),
    ...(prng.chance(0.4) ? { trigger: prng.pick(TRIGGER_RULES) } : {}),
    ...(prng.chance(0.5) ? { retry: randomRetry(prng) } : {}),
    ...(prng.chance(0.25) ? { timeoutMs: prng.spread(5, 3_000) } : {}),
    ...(prng.chance(0.3) ? { priority: prng.between(-2, 2) } : {}),
    ...(prng.chance(0.4) ? { onInterrupted: prng.pick(ON_INTERRUPTED) } : {}),
    ...(prng.chance(0.2) ? { probe: { with: {} } } : {}),
    ...(prng.chance(0.3) ? { pool: POOL } : {}),
  };
}

/** Half of the tasks take the outputs of those they need; a need without one gives `nothing`. */
function withOf(prng: Prng, needs: readonly string[]): TaskSpec['with'] {
  if (needs.length === 0 || prng.chance(0.5)) return {};
  return { from: needs.map((need) => ({ $output: `${need}.from`, $default: 'nothing' })) };
}

function randomRetry(prng: Prng): RetryPolicy {
  const initialIntervalMs = prng.spread(1, 2_000);
  return {
    initialIntervalMs,
    backoffCoefficient: prng.pick([1, 2, 3]),
    maximumIntervalMs: initialIntervalMs * prng.pick([1, 4, 100]),
    maximumAttempts: prng.pick([0, 1, 2, 3, 5]),
    nonRetryableErrors: prng.chance(0.2) ? ['SIM_FAILED'] : [],
    jitter: prng.pick([0, 0, 0.5, 1]),
  };
}
