import { InvalidDefinitionError, InvalidTaskIdError } from '../errors.js';
import { assertKnownKeys, described, ofDefinition } from './known-keys.js';

/** Options as their author gave them, in JavaScript perhaps: checked at the edge, so that all that is written can be read again. */

const WORKFLOW = new Set(['input', 'secretInputs', 'version', 'onFailure', 'timeout', 'tasks']);
const COMMON = [
  'needs',
  'output',
  'secrets',
  'trigger',
  'retry',
  'timeout',
  'priority',
  'onInterrupted',
  'pool',
  'probe',
];
const PLACE = ['env', 'cwd', 'includePaths', 'stdlib'];
const SHELL = ['command', 'args', 'stdin', 'env', 'cwd'];
/** By the field that says what Nushell is to do. */
const NUSHELL: Readonly<Record<string, readonly string[]>> = {
  code: ['code', 'input', ...PLACE],
  script: ['script', 'args', ...PLACE],
  use: ['use', 'call', 'args', 'flags', 'input', ...PLACE],
};

/** What a task does. */
export type TaskKind = 'nu' | 'shell' | 'fn' | 'task';

interface Known {
  readonly task: ReadonlySet<string>;
  /** Of a probe that is told in fields. */
  readonly probe: ReadonlySet<string>;
}

const known = (fields: readonly string[]): Known => ({
  task: new Set([...fields, ...COMMON]),
  probe: new Set(fields),
});
const NU_KINDS = new Map(Object.entries(NUSHELL).map(([kind, fields]) => [kind, known(fields)]));
const KINDS: Readonly<Record<Exclude<TaskKind, 'nu'>, Known>> = {
  shell: known(SHELL),
  fn: known(['run']),
  task: known(['runner', 'with']),
};

/** Throws InvalidDefinitionError for options of a workflow that can't be. */
export function assertWorkflowOptions(options: unknown): void {
  assertKnownKeys(options, WORKFLOW, { where: '', call: 'defineWorkflow', refuse: ofDefinition });
  const { version, input, tasks } = options as Readonly<Record<string, unknown>>;
  if (version !== undefined && typeof version !== 'string')
    throw new InvalidDefinitionError('version', `must be text, not ${described(version)}`);
  assertSchema(input, 'input');
  if (typeof tasks !== 'function')
    throw new InvalidDefinitionError(
      'tasks',
      `must be a function that adds the tasks, not ${described(tasks)}`,
    );
}

/** Throws InvalidTaskIdError or InvalidDefinitionError for a task that can't be. */
export function assertTaskOptions(id: unknown, kind: TaskKind, options: unknown): void {
  if (typeof id !== 'string')
    throw new InvalidTaskIdError(String(id), 'is no text; give the task a name');
  const where = `tasks.${id}`;
  const keys = kind === 'nu' ? nushellKeys(options) : KINDS[kind];
  assertKnownKeys(options, keys.task, { where, call: callOf(kind), refuse: ofDefinition });
  const { needs, output, probe, run } = options as Readonly<Record<string, unknown>>;
  assertNeeds(needs, `${where}.needs`);
  assertSchema(output, `${where}.output`);
  if (kind === 'fn') {
    assertFunction(run, `${where}.run`);
    if (probe !== undefined) assertFunction(probe, `${where}.probe`);
  } else if (kind === 'task') assertCustom(options as Readonly<Record<string, unknown>>, where);
  else if (probe !== undefined)
    assertKnownKeys(probe, kind === 'nu' ? nushellKeys(probe).probe : keys.probe, {
      where: `${where}.probe`,
      call: 'a probe',
      refuse: ofDefinition,
    });
}

/** The names of a run's outputs and the tasks that give them, of what the function `tasks` returned. */
export function outputsSpec(returned: unknown): (readonly [name: string, task: string])[] {
  if (returned instanceof Promise) {
    returned.catch(() => {});
    throw new InvalidDefinitionError(
      'tasks',
      'must not be async: it returned a promise; await what it needs before defineWorkflow is called',
    );
  }
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned))
    throw new InvalidDefinitionError(
      'tasks',
      `must return an object that names the run's outputs, such as { report: task }, not ${described(returned)}; return {} for none`,
    );
  return Object.entries(returned).map(([name, ref]) => [name, refId(ref, `outputs.${name}`)]);
}

/** Id of a task that is referred to by itself. */
function refId(ref: unknown, path: string): string {
  const { id } = (ref ?? {}) as { readonly id?: unknown };
  if (typeof id === 'string') return id;
  throw new InvalidDefinitionError(
    path,
    `must be a task, as t.nu, t.shell, t.fn and t.task return it, not ${described(ref)}`,
  );
}

function callOf(kind: TaskKind): string {
  return `t.${kind}`;
}

/** One that has no such field is refused by its runner, which says what is missing. */
function nushellKeys(options: unknown): Known {
  const has = (key: string): boolean =>
    (options as Readonly<Record<string, unknown>> | null | undefined)?.[key] !== undefined;
  const kind = Object.keys(NUSHELL).find(has) ?? 'use';
  return NU_KINDS.get(kind) as Known;
}

function assertNeeds(needs: unknown, path: string): void {
  if (needs === undefined) return;
  if (typeof needs !== 'object' || needs === null)
    throw new InvalidDefinitionError(
      path,
      `must be an object such as { name: task }, or a list of tasks, not ${described(needs)}`,
    );
  for (const [name, ref] of Object.entries(needs))
    if (typeof ref !== 'string') refId(ref, `${path}.${name}`);
}

function assertSchema(schema: unknown, path: string): void {
  if (schema === undefined) return;
  const standard = (schema as { readonly '~standard'?: { readonly validate?: unknown } } | null)?.[
    '~standard'
  ];
  if (typeof standard?.validate === 'function') return;
  throw new InvalidDefinitionError(
    path,
    `must be a Standard Schema, such as zod's z.object({}), not ${described(schema)}`,
  );
}

function assertFunction(value: unknown, path: string): void {
  if (typeof value === 'function') return;
  throw new InvalidDefinitionError(path, `must be a function, not ${described(value)}`);
}

function assertCustom(options: Readonly<Record<string, unknown>>, where: string): void {
  const { runner, with: settings, probe } = options;
  if (typeof runner !== 'string' || runner === '')
    throw new InvalidDefinitionError(
      `${where}.runner`,
      `must be the name of a runner, not ${described(runner)}`,
    );
  for (const [key, value] of Object.entries({ with: settings, probe }))
    if (
      value !== undefined &&
      (typeof value !== 'object' || value === null || Array.isArray(value))
    )
      throw new InvalidDefinitionError(
        `${where}.${key}`,
        `must be an object, not ${described(value)}`,
      );
}
