import { readDefinition } from '../data.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { Path } from '../position.js';
import { type Problem, Problems, partAt } from '../problems.js';
import type { Workflow } from '../workflow.js';
import { BadJsonError } from './bad-json.js';
import { addGraphProblems, type GraphChecks, graphTasks } from './check-graph.js';
import { addReferenceProblems } from './check-references.js';
import { parseJson } from './parse-json.js';
import { parseYaml } from './parse-yaml.js';
import { fileProblem, keepSource, type Source } from './source.js';
import { type FileProblem, WorkflowFileError } from './workflow-file-error.js';

export type WorkflowFormat = 'json' | 'yaml';

/** Lists and objects in one another, at most. */
const MAX_DEPTH = 64;
/** Largest text, bytes: reading a megabyte of YAML can take seconds. */
const MAX_BYTES: Readonly<Record<WorkflowFormat, number>> = {
  json: 8 * 1024 ** 2,
  yaml: 1024 ** 2,
};

/** How a text is read. */
export interface Reading {
  readonly file: string;
  readonly format: WorkflowFormat;
  readonly graph: GraphChecks;
  readonly onWarning?: ((warning: FileProblem) => void) | undefined;
}

/** The workflow that a text is. Throws WorkflowFileError. */
export function readWorkflow(
  text: string | Uint8Array,
  { file, format, graph, onWarning }: Reading,
): Workflow<JsonValue | undefined> {
  const source = read(text, file, format);
  const problems = new Problems(source.data);
  const workflow = readDefinition(problems);
  const warnings: Problem[] = [];
  addGraphProblems(graphTasks(source.data), problems, graph, (place) =>
    source.locate(['tasks', place, 'id']),
  );
  addReferences(problems, (path, why) =>
    warnings.push({ code: 'NUFLOW_LIKELY_REFERENCE', path, part: 'value', why, details: {} }),
  );
  if (problems.list.length > 0)
    throw new WorkflowFileError(
      file,
      problems.list.map((it) => fileProblem(it, source)),
    );
  for (const warning of warnings) onWarning?.(fileProblem(warning, source));
  const known = workflow as Workflow<JsonValue | undefined>;
  keepSource(known.spec, source);
  return known;
}

function read(text: string | Uint8Array, file: string, format: WorkflowFormat): Source {
  const most = MAX_BYTES[format];
  const start = { line: 1, column: 1 };
  const code = format === 'json' ? 'NUFLOW_BAD_JSON' : 'NUFLOW_BAD_YAML';
  const refuse = (
    found: readonly { line: number; column: number; why: string }[],
    cause?: unknown,
  ) =>
    new WorkflowFileError(
      file,
      found.map(({ line, column, why }) => ({ line, column, code, message: why })),
      { cause },
    );
  if (text.length > most) {
    const why = `a workflow file in ${format.toUpperCase()} has at most ${most / 1024 ** 2} MiB; this one has ${text.length} bytes`;
    throw refuse([{ ...start, why }]);
  }
  if (format === 'yaml') {
    const parsed = parseYaml(text, { maxDepth: MAX_DEPTH });
    if ('problems' in parsed) throw refuse(parsed.problems);
    return { file, data: parsed.value, locate: parsed.locate };
  }
  try {
    const { value, locate } = parseJson(text, { file, maxDepth: MAX_DEPTH });
    return { file, data: value, locate };
  } catch (error) {
    if (!(error instanceof BadJsonError)) throw error;
    throw refuse([{ ...error.position, why: String(error.details.why) }], error);
  }
}

function addReferences(problems: Problems, warn: (path: Path, why: string) => void): void {
  const { data } = problems;
  const tasks = partAt(data, ['tasks']);
  const graph = graphTasks(data);
  const names = {
    ids: new Set(graph.map(({ id }) => id)),
    input: partAt(data, ['input']),
    outputs: new Map(
      graph.flatMap(({ id, place }) => {
        const schema = partAt(data, ['tasks', place, 'output']);
        return schema === undefined ? [] : [[id, schema] as const];
      }),
    ),
  };
  for (const { place, needs } of graph) {
    const task = (tasks as readonly JsonObject[])[place] as JsonObject;
    addReferenceProblems({ place, needs, data: task }, names, problems, warn);
  }
}
