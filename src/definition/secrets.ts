import type { JsonValue } from './json.js';
import { pathOf, referencesIn } from './references.js';
import type { SecretPath } from './secret-inputs.js';
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

/** Whether a task may come to know a secret: functions see the whole input. */
export function isGivenSecrets(task: TaskSpec, secretInputs: readonly SecretPath[] = []): boolean {
  if (secretsOf(task).length > 0) return true;
  if (secretInputs.length === 0) return false;
  if (task.functions !== undefined || task.runner === 'fn') return true;
  return referencesIn(task.with).some(
    ({ kind, target }) =>
      kind === '$input' && secretInputs.some((path) => overlap(pathOf(target), path)),
  );
}

/** Whether one of two places is the other, or within it. */
function overlap(place: SecretPath, other: SecretPath): boolean {
  return place.every((step, i) => [step, '*', undefined].includes(other[i]));
}

/** Whether a part of a `with` refers to a secret. */
export function refersToSecret(settings: JsonValue): boolean {
  return referencesIn(settings).some(({ kind }) => kind === '$secret');
}
