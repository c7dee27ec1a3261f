import type { AttemptRef } from '../runner.js';
import { COOKIE } from './process-table.js';

/**
 * What of this process's environment a task sees: what programs need to find their files, tools,
 * language and clock, and nothing that could be a secret. More by name, see `env` of Orchestrator.open.
 */
const ALLOWED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'TERM',
  'SYSTEMROOT',
];
const ALLOWED_PREFIXES = ['LC_', 'XDG_'];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The allow-listed part of an environment, plus the names in `more`, as it is each time it is asked for; only names with an
 * allowed prefix are looked for once. To list all names of process.env would be a quarter of what starting a task takes here.
 */
export function allowedEnvironment(
  from: Environment,
  more: readonly string[] = [],
): () => Record<string, string> {
  const prefixed = Object.keys(from).filter((name) =>
    ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix)),
  );
  const names = [...new Set([...ALLOWED, ...prefixed, ...more])];
  return () => {
    const found: Record<string, string> = {};
    for (const name of names) {
      const value = from[name];
      if (value !== undefined) found[name] = value;
    }
    return found;
  };
}

/** What an attempt's process is told about itself; these names win over all others. */
export function attemptEnvironment(attempt: AttemptRef, result: string): Record<string, string> {
  return {
    NUFLOW_RUN_ID: attempt.run,
    NUFLOW_TASK_ID: attempt.task,
    NUFLOW_ATTEMPT: String(attempt.attempt),
    NUFLOW_TASK_KEY: attempt.key,
    NUFLOW_RESULT: result,
    [COOKIE]: attempt.cookie,
    TRACEPARENT: attempt.traceparent,
  };
}
