import { assertKnownKeys, described, ofOption } from '../definition/known-keys.js';
import { didYouMean } from '../definition/nearest.js';
import {
  ON_FAILURE,
  taskSpecSchema,
  type WorkflowSpec,
  workflowSpecSchema,
} from '../definition/spec.js';
import { InvalidDefinitionError, InvalidOptionError } from '../errors.js';

/** What the callers of open, start and resume gave, in JavaScript perhaps. Each function throws InvalidOptionError, if not said otherwise. */

const OPEN = new Set([
  'dataDir',
  'concurrency',
  'pools',
  'baseDir',
  'workflows',
  'runners',
  'nushell',
  'env',
  'secrets',
  'logs',
  'reserveBytes',
  'grace',
  'platform',
]);
const NUSHELL = new Set(['binary', 'includePaths', 'env', 'standby']);
const STANDBY = new Set(['max']);
const LOGS = new Set(['maxBytes']);
const POOL = new Set(['concurrency', 'rate']);
const RATE = new Set(['count', 'intervalMs']);
const START = new Set(['id', 'input', 'onFailure', 'timeout', 'signal']);
const RESUME = new Set(['workflow', 'secrets']);

type Given = Readonly<Record<string, unknown>>;

/** Checks what open was given, all but ranges. */
export function assertOpenOptions(options: unknown): void {
  assertKnownKeys(options, OPEN, { where: '', call: 'Orchestrator.open', refuse: ofOption });
  const { dataDir, baseDir, pools, workflows, runners, nushell, env, secrets, logs } =
    options as Given;
  assertPath('dataDir', dataDir);
  assertPath('baseDir', baseDir);
  if (pools !== undefined) assertPools(pools);
  if (workflows !== undefined) assertWorkflows(workflows);
  if (runners !== undefined) assertRunners(runners);
  if (nushell !== undefined) assertNushell(nushell);
  if (env !== undefined) assertTexts('env', env);
  assertSecrets(secrets);
  if (logs !== undefined) assertKeys('logs', logs, LOGS);
}

/** Checks what start was given, all but input and timeout. */
export function assertStart(workflow: unknown, options: unknown): void {
  assertWorkflow('workflow', workflow);
  assertKnownKeys(options, START, { where: '', call: 'start', refuse: ofOption });
  const { id, onFailure, signal } = options as Given;
  if (id !== undefined && typeof id !== 'string')
    throw new InvalidOptionError('id', `must be text, not ${described(id)}`);
  if (onFailure !== undefined && !ON_FAILURE.some((one) => one === onFailure)) {
    const meant = typeof onFailure === 'string' ? didYouMean(onFailure, ON_FAILURE) : '';
    throw new InvalidOptionError(
      'onFailure',
      `must be one of ${ON_FAILURE.join(', ')}, not ${described(onFailure)}${meant}`,
    );
  }
  if (signal !== undefined && !isSignal(signal))
    throw new InvalidOptionError('signal', `must be an AbortSignal, not ${described(signal)}`);
}

/** Checks what resume was given beside the id. */
export function assertResumeOptions(options: unknown): void {
  assertKnownKeys(options, RESUME, { where: '', call: 'resume', refuse: ofOption });
  const { workflow, secrets } = options as Given;
  if (workflow !== undefined) assertWorkflow('workflow', workflow);
  assertSecrets(secrets);
}

/** Those that were looked at: the work is done once, not for each run. */
const readable = new WeakSet<WorkflowSpec>();

/**
 * That a definition, once it is in a journal, can be read again, however it was made. Task by task, so that of a million no second copy
 * is made. Throws InvalidDefinitionError.
 */
export function assertRecordableDefinition(spec: WorkflowSpec): void {
  if (readable.has(spec)) return;
  const { tasks } = spec;
  const header = workflowSpecSchema().safeParse({ ...spec, tasks: [] });
  if (!header.success) refuseSpec('', header.error.issues);
  const schema = taskSpecSchema();
  for (const task of tasks) {
    const parsed = schema.safeParse(task);
    if (!parsed.success) refuseSpec(`tasks.${task.id}`, parsed.error.issues);
  }
  readable.add(spec);
}

function refuseSpec(
  where: string,
  [issue]: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): never {
  const path = [where, ...(issue?.path ?? []).map(String)].filter((step) => step !== '').join('.');
  throw new InvalidDefinitionError(path || 'workflow', issue?.message ?? 'is not valid');
}

function assertKeys(where: string, options: unknown, known: ReadonlySet<string>): void {
  assertKnownKeys(options, known, { where, call: where, refuse: ofOption });
}

/** The empty text would be the working directory, unsaid. */
function assertPath(option: string, path: unknown): void {
  if (path === undefined) return;
  if (typeof path !== 'string')
    throw new InvalidOptionError(option, `must be a path, not ${described(path)}`);
  if (path === '')
    throw new InvalidOptionError(option, 'is empty; name a directory, "." for the working one');
  if (path.includes('\0')) throw new InvalidOptionError(option, 'must not hold a NUL character');
}

function assertPools(pools: unknown): void {
  assertObject('pools', pools);
  for (const [name, pool] of Object.entries(pools)) {
    assertKeys(`pools.${name}`, pool, POOL);
    const { rate } = pool as Given;
    if (rate !== undefined) assertKeys(`pools.${name}.rate`, rate, RATE);
  }
}

function assertWorkflows(workflows: unknown): void {
  if (!Array.isArray(workflows))
    throw new InvalidOptionError('workflows', `must be a list, not ${described(workflows)}`);
  for (const [i, workflow] of workflows.entries()) assertWorkflow(`workflows.${i}`, workflow);
}

function assertWorkflow(option: string, workflow: unknown): void {
  const { spec, code } = (workflow ?? {}) as { readonly spec?: Given; readonly code?: Given };
  if (Array.isArray(spec?.tasks) && code?.tasks instanceof Map) return;
  throw new InvalidOptionError(
    option,
    `must be a workflow, as defineWorkflow, workflowFromData and parseWorkflow return it, not ${described(workflow)}`,
  );
}

function assertRunners(runners: unknown): void {
  assertObject('runners', runners);
  for (const [name, runner] of Object.entries(runners)) {
    const { check, start } = (runner ?? {}) as Given;
    if (typeof check !== 'function' || typeof start !== 'function')
      throw new InvalidOptionError(`runners.${name}`, 'must be a runner, with check and start');
  }
}

function assertNushell(nushell: unknown): void {
  assertKeys('nushell', nushell, NUSHELL);
  const { binary, includePaths, env, standby } = nushell as Given;
  assertPath('nushell.binary', binary);
  if (includePaths !== undefined) assertTexts('nushell.includePaths', includePaths);
  if (env !== undefined) assertObject('nushell.env', env);
  if (standby !== undefined && standby !== false) assertKeys('nushell.standby', standby, STANDBY);
}

function assertTexts(option: string, list: unknown): void {
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return;
  throw new InvalidOptionError(option, `must be a list of texts, not ${described(list)}`);
}

function assertSecrets(secrets: unknown): void {
  if (secrets === undefined || typeof secrets === 'function') return;
  if (typeof secrets === 'object' && secrets !== null && !Array.isArray(secrets)) return;
  throw new InvalidOptionError('secrets', 'must be an object of values by name, or a function');
}

function assertObject(option: string, value: unknown): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new InvalidOptionError(option, `must be an object, not ${described(value)}`);
}

function isSignal(signal: unknown): boolean {
  return typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function';
}
