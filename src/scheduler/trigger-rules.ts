import type { TriggerRule } from '../definition/spec.js';
import { unreachable } from '../errors.js';

/** How the tasks that one task needs ended so far. A cancelled one counts as failed. */
export interface Upstream {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly upstreamFailed: number;
  readonly skipped: number;
}

export type Verdict = 'wait' | 'run' | 'skipped' | 'upstreamFailed';

/**
 * Whether a task may run, by Airflow's rules and truth table, as soon as that is certain. A task
 * without needs always runs. Once every needed task has ended the verdict is never `wait`.
 *
 * Source: airflow/ti_deps/deps/trigger_rule_dep.py, with `upstream_failed` of Airflow as `upstreamFailed`.
 */
export function verdict(rule: TriggerRule, up: Upstream): Verdict {
  const { total, succeeded, skipped } = up;
  const broken = up.failed + up.upstreamFailed;
  const done = succeeded + broken + skipped === total;
  if (total === 0) return 'run';
  switch (rule) {
    case 'all_success':
      return broken > 0 ? 'upstreamFailed' : skipped > 0 ? 'skipped' : runWhen(done);
    case 'all_failed':
      return succeeded + skipped > 0 ? 'skipped' : runWhen(done);
    case 'all_done':
      return runWhen(done);
    case 'one_success':
      if (succeeded > 0) return 'run';
      return done ? (broken > 0 ? 'upstreamFailed' : 'skipped') : 'wait';
    case 'one_failed':
      return broken > 0 ? 'run' : done ? 'skipped' : 'wait';
    case 'one_done':
      if (succeeded + up.failed > 0) return 'run';
      return done ? 'skipped' : 'wait';
    case 'none_failed':
      return broken > 0 ? 'upstreamFailed' : runWhen(done);
    case 'none_failed_min_one_success':
      if (broken > 0) return 'upstreamFailed';
      return skipped === total ? 'skipped' : runWhen(done);
    case 'none_skipped':
      return skipped > 0 ? 'skipped' : runWhen(done);
    case 'all_skipped':
      return succeeded + broken > 0 ? 'skipped' : runWhen(done);
    case 'always':
      return 'run';
    default:
      return unreachable(rule, 'verdict');
  }
}

function runWhen(done: boolean): Verdict {
  return done ? 'run' : 'wait';
}
