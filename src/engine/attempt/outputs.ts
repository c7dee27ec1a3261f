import { exceeds, fitsIn, type JsonValue } from '../../definition/json.js';
import { referencedTasks } from '../../definition/references.js';
import type { TaskSpec } from '../../definition/spec.js';
import type { TaskCode } from '../../definition/workflow.js';
import { TaskNotFoundError } from '../../errors.js';
import type { OutputFiles, OutputPlace } from '../../journal/outputs/output-files.js';
import type { OutputFile, RecordOf } from '../../journal/records/record.js';
import { type RunState, taskState } from '../../journal/records/state.js';
import type { Outcome } from '../../runners/runner.js';
import { boundedError } from './bound-error.js';

/** Outputs up to so many bytes of JSON text are in the journal itself; bigger ones in files that it names. */
export const MAX_INLINE_OUTPUT = 256 * 1024;
/** Bigger outputs are refused: they pass through memory several times over. */
export const MAX_OUTPUT = 64 * 1024 * 1024;

/** An outcome that can be recorded: a big output is on disk, and its file named in its place. */
export type KeptOutcome =
  | Outcome
  | { readonly status: 'succeeded'; readonly outputFile: OutputFile };

/** How a record holds an output. */
export type OutputFields = Pick<RecordOf<'task.succeeded'>, 'output' | 'outputFile'>;

/** A kept output as fields of a record. */
export function outputFields(kept: KeptOutcome & { readonly status: 'succeeded' }): OutputFields {
  return 'outputFile' in kept ? { outputFile: kept.outputFile } : { output: kept.output };
}

/**
 * The outcome with its output where it belongs, or its error cut to a bearable size. A big output is on disk when this resolves, before any
 * record names it. Throws JournalWriteError when that can't be: the task did succeed, so the run has to
 * stop rather than call it failed.
 */
export function keepOutput(
  files: OutputFiles,
  place: OutputPlace,
  outcome: Outcome,
): KeptOutcome | Promise<KeptOutcome> {
  if ('error' in outcome && outcome.error !== undefined)
    return { ...outcome, error: boundedError(outcome.error) };
  if (outcome.status !== 'succeeded' || fitsIn(outcome.output, MAX_INLINE_OUTPUT)) return outcome;
  if (exceeds(outcome.output, MAX_OUTPUT)) return TOO_BIG;
  const text = JSON.stringify(outcome.output);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_INLINE_OUTPUT) return outcome;
  if (bytes > MAX_OUTPUT) return tooBig(bytes);
  return files.write(place, text).then((outputFile) => ({ status: 'succeeded', outputFile }));
}

/** The outcome without what is too long to be made text, or searched for secrets, at all. */
export function withinBounds(outcome: Outcome): Outcome {
  if (outcome.status === 'succeeded')
    return exceeds(outcome.output, MAX_OUTPUT) ? TOO_BIG : outcome;
  const error = 'error' in outcome ? outcome.error : undefined;
  if (error === undefined || !exceeds(error as unknown as JsonValue, MAX_OUTPUT)) return outcome;
  return { ...outcome, error: UNREADABLE_ERROR } as Outcome;
}

const TOO_BIG = tooBig('over');

function tooBig(bytes: number | 'over'): Outcome {
  const size = bytes === 'over' ? 'more than' : `${bytes} bytes of JSON, more than`;
  const message = `The output is ${size} ${MAX_OUTPUT} bytes; write it to a file of your own and give back its path.`;
  return { status: 'failed', error: { code: 'NUFLOW_OUTPUT_TOO_BIG', message } };
}

const UNREADABLE_ERROR = {
  code: 'NUFLOW_ERROR_TOO_BIG',
  message: `The task failed, with an error of more than ${MAX_OUTPUT} bytes, which was not searched for secrets and so is left out.`,
};

/** The output of a task, wherever it is; undefined while it has none. Throws TaskNotFoundError, OutputFileError. */
export async function taskOutput(
  state: RunState,
  task: string,
  files: OutputFiles,
): Promise<JsonValue | undefined> {
  if (!state.workflow.tasks.some(({ id }) => id === task))
    throw new TaskNotFoundError(state.id, task);
  return outputOf(files, state, task);
}

/**
 * Outputs by the names the workflow gives them, or by task id; tasks that did not succeed have none.
 * Reads what is in files. Throws OutputFileError.
 */
export async function outputs(
  state: RunState,
  files: OutputFiles,
): Promise<Readonly<Record<string, JsonValue | undefined>>> {
  const named = state.workflow.outputs ?? state.workflow.tasks.map(({ id }) => [id, id] as const);
  const found: [string, JsonValue | undefined][] = [];
  for (const [name, id] of named) {
    if (taskState(state, id).status !== 'succeeded') continue;
    found.push([name, await outputOf(files, state, id)]);
  }
  return Object.fromEntries(found);
}

/** Gives the output of a needed task; undefined when it has none. */
export type OutputLookup = (task: string) => JsonValue | undefined;

/** The outputs that an attempt of the task is made from; big ones are read only where they are used. Throws OutputFileError. */
export function neededOutputs(
  files: OutputFiles,
  state: RunState,
  spec: TaskSpec,
  code: TaskCode | undefined,
): OutputLookup | Promise<OutputLookup> {
  const isBig = (id: string): boolean => succeeded(state, id).outputFile !== undefined;
  const inState: OutputLookup = (id) => succeeded(state, id).output;
  if (!spec.needs.some(isBig)) return inState;
  const big = usedTasks(spec, code).filter(isBig);
  return readAll(files, state, big).then((read) => (id) => read.get(id) ?? inState(id));
}

/** Functions may look at all that the task needs; data says what it refers to. */
function usedTasks(spec: TaskSpec, code: TaskCode | undefined): readonly string[] {
  const computed = code?.run !== undefined || (code?.fields?.size ?? 0) > 0;
  if (computed) return spec.needs;
  return [...referencedTasks(spec.with, new Set(spec.needs))];
}

async function outputOf(
  files: OutputFiles,
  state: RunState,
  task: string,
): Promise<JsonValue | undefined> {
  const { output, outputFile } = succeeded(state, task);
  return outputFile === undefined ? output : files.read(state.id, outputFile);
}

async function readAll(
  files: OutputFiles,
  state: RunState,
  tasks: readonly string[],
): Promise<ReadonlyMap<string, JsonValue | undefined>> {
  const read = new Map<string, JsonValue | undefined>();
  for (const task of tasks) read.set(task, await outputOf(files, state, task));
  return read;
}

const NONE: OutputFields = {};

function succeeded(state: RunState, task: string): OutputFields {
  const found = taskState(state, task);
  return found.status === 'succeeded' ? found : NONE;
}
