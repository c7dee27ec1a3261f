import type { JsonValue } from './json.js';
import { referencesIn } from './references.js';
import type { TaskSpec } from './spec.js';

/** Names of the secrets a task is given: those its `with` refers to, and those it lists. */
export function secretsOf(task: Pick<TaskSpec, 'with'> & Partial<TaskSpec>): string[] {
  const referred = referencesIn(task.with).filter(({ kind }) => kind === '$secret');
  return [...new Set([...referred.map(({ target }) => String(target)), ...(task.secrets ?? [])])];
}

/** Names of all secrets that a workflow's tasks, and their probes, are given. */
export function secretsIn(tasks: readonly TaskSpec[]): string[] {
  const probes = tasks.flatMap(({ probe }) => probe ?? []);
  return [...new Set([...tasks, ...probes].flatMap(secretsOf))];
}

/** Whether a part of a `with` refers to a secret. */
export function refersToSecret(settings: JsonValue): boolean {
  return referencesIn(settings).some(({ kind }) => kind === '$secret');
}
