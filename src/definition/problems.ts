import { InvalidDefinitionError, NuflowError, quote } from '../errors.js';
import type { JsonValue } from './json.js';
import type { Path } from './position.js';

/** One thing that is wrong with a definition. */
export interface Problem {
  /** As of the error that a single problem is thrown as. */
  readonly code: string;
  /** Keys and places that lead from the definition's data to the part that is wrong. */
  readonly path: Path;
  /** Whether the value is wrong, or its key. */
  readonly part: 'value' | 'key';
  readonly why: string;
  readonly details: Readonly<Record<string, unknown>>;
}

interface ProblemOptions {
  readonly code?: string;
  readonly part?: 'value' | 'key';
  readonly details?: Readonly<Record<string, unknown>>;
}

const INVALID = 'NUFLOW_INVALID_DEFINITION';

/** Problems of one definition, in the order they were found. */
export class Problems {
  readonly data: JsonValue;
  readonly #list: Problem[] = [];

  constructor(data: JsonValue) {
    this.data = data;
  }

  get list(): readonly Problem[] {
    return this.#list;
  }

  add(path: Path, why: string, options: ProblemOptions = {}): void {
    const { code = INVALID, part = 'value', details = {} } = options;
    this.#list.push({ code, path, part, why, details });
  }

  /** What `check` returns; undefined when it threw one of our errors, which becomes a problem at or below `path`. */
  of<T>(path: Path, check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof NuflowError)) throw error;
      const { code, details, message } = error;
      if (error instanceof InvalidDefinitionError) this.#addDefinition(path, error);
      else this.add(path, message, { code, details });
      return undefined;
    }
  }

  #addDefinition(path: Path, error: InvalidDefinitionError): void {
    const { key, why } = error.details;
    const below = this.#below(path, error);
    if (typeof key === 'string') this.add([...below, key], String(why), { part: 'key' });
    else this.add(below, String(why));
  }

  /** The path an error names as text, when it leads below `path`. */
  #below(path: Path, { details }: InvalidDefinitionError): Path {
    const text = pathText(path, this.data);
    const named = String(details.path);
    if (!named.startsWith(`${text}.`)) return path;
    return [...path, ...named.slice(text.length + 1).split('.')];
  }
}

/** A path as text, tasks by their ids: `tasks.server.retry.jitter`; of the whole `workflow`. */
export function pathText(path: Path, data: JsonValue): string {
  if (path.length === 0) return 'workflow';
  const id = path[0] === 'tasks' && path.length > 1 ? taskId(data, path[1]) : undefined;
  return path.map((step, i) => (i === 1 && id !== undefined ? id : String(step))).join('.');
}

/** Where a problem is, for people: `task "server", timeout: `; of the whole nothing. */
export function placeText(path: Path, data: JsonValue): string {
  const isTask = path[0] === 'tasks' && path.length > 1;
  const id = isTask ? taskId(data, path[1]) : undefined;
  const task = id === undefined ? `task ${Number(path[1]) + 1} of the list` : `task ${quote(id)}`;
  const rest = (isTask ? path.slice(2) : path).map(String).join('.');
  const parts = [isTask ? task : '', rest].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

/** The id of the task at a place of the list, when it has one that is text. */
export function taskId(data: JsonValue, place: PropertyKey | undefined): string | undefined {
  const id = partAt(data, ['tasks', place ?? -1, 'id']);
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The part of a value at a path; undefined when there is none. */
export function partAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (!Object.prototype.propertyIsEnumerable.call(at, step)) return undefined;
    at = (at as { readonly [key: PropertyKey]: JsonValue })[step];
  }
  return at;
}

/** The path an error names: of a key that should not be there, that of the object around it. */
export function shownPath({ path, part }: Problem): Path {
  return part === 'key' ? path.slice(0, -1) : path;
}

/** The error for problems of data that came from no file. */
export function definitionError(problems: Problems): InvalidDefinitionError | undefined {
  const [first, ...others] = problems.list.map((problem) => ({
    path: pathText(shownPath(problem), problems.data),
    why: problem.why,
  }));
  if (first === undefined) return undefined;
  if (others.length === 0) return new InvalidDefinitionError(first.path, first.why);
  const rest = others.map(({ path, why }) => `\n${path}: ${why}`).join('');
  return new InvalidDefinitionError(first.path, `${first.why}${rest}`, {
    problems: [first, ...others],
  });
}
