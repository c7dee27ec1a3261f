import type { NuflowError } from '../../errors.js';
import type { JsonValue } from '../json.js';
import type { Locate, Path } from '../position.js';
import {
  type Problem,
  Problems,
  partAt,
  pathText,
  placeText,
  shownPath,
  taskId,
} from '../problems.js';
import type { WorkflowSpec } from '../spec.js';
import { type FileProblem, WorkflowFileError } from './workflow-file-error.js';

/** The file a definition was read from. */
export interface Source {
  readonly file: string;
  readonly data: JsonValue;
  readonly locate: Locate;
}

const sources = new WeakMap<WorkflowSpec, Source>();

/** Remembers where a definition came from, for what is found wrong with it when a run starts. */
export function keepSource(spec: WorkflowSpec, source: Source): void {
  sources.set(spec, source);
}

export function sourceOf(spec: WorkflowSpec): Source | undefined {
  return sources.get(spec);
}

/** A problem with its place in the file. */
export function fileProblem(problem: Problem, { data, locate }: Source): FileProblem {
  const { code, path, part, why, details } = problem;
  const shown = shownPath(problem);
  const task = path[0] === 'tasks' ? taskId(data, path[1]) : undefined;
  return {
    ...locate(path, part),
    code,
    message: `${placeText(shown, data)}${why}`,
    path: pathText(shown, data),
    ...(task === undefined ? {} : { task }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** The errors that tasks of a file's definition gave when a run was to start, with their places. */
export function fileError(
  source: Source,
  errors: readonly { readonly task: number; readonly error: NuflowError }[],
): WorkflowFileError {
  const problems = new Problems(source.data);
  for (const { task, error } of errors) {
    const at = ['tasks', task];
    problems.of(at, () => {
      throw error;
    });
  }
  const found = problems.list.map((problem) =>
    fileProblem({ ...problem, path: filePath(problem, source.data) }, source),
  );
  return new WorkflowFileError(source.file, found, { cause: errors[0]?.error });
}

/** Runners name parts of what they are told; in the file those stand below the kind of the task. */
function filePath({ path, code }: Problem, data: JsonValue): Path {
  const at = path.slice(0, 2);
  const rest = path.slice(2);
  if (code === 'NUFLOW_UNKNOWN_RUNNER') return [...at, 'runner'];
  if (partAt(data, path) !== undefined) return path;
  const kind = ['nu', 'shell', 'with'].find((key) => partAt(data, [...at, key]) !== undefined);
  return kind === undefined ? path : [...at, kind, ...rest];
}
