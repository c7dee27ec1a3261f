import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { checkTaskId, plan } from './dag/plan.js';
import { readWorkflow, type WorkflowFormat } from './definition/files/read-workflow.js';
import type { FileProblem } from './definition/files/workflow-file-error.js';
import type { JsonValue } from './definition/json.js';
import type { Workflow } from './definition/workflow.js';
import { InvalidOptionError } from './errors.js';

export interface WorkflowFileOptions {
  /** Default by the file's name: `.json`, `.yaml` or `.yml`. */
  readonly format?: WorkflowFormat | undefined;
  /** Told what is likely wrong but may be meant, such as `$input.name` within a text. */
  readonly onWarning?: ((warning: FileProblem) => void) | undefined;
}

export interface ParseWorkflowOptions extends WorkflowFileOptions {
  /** Name of the file, for errors; default `workflow`. */
  readonly file?: string | undefined;
}

/**
 * The workflow that a JSON or YAML text is: UTF-8, a BOM allowed; JSON of at most 8 MiB, YAML 1.2 of at most 1 MiB without
 * aliases; at most 64 levels deep. Throws WorkflowFileError, which names all that is wrong with line and column,
 * and InvalidOptionError when the format is not known.
 */
export function parseWorkflow(
  text: string | Uint8Array,
  { file = 'workflow', format = formatOf(file), onWarning }: ParseWorkflowOptions = {},
): Workflow<JsonValue | undefined> {
  return readWorkflow(text, { file, format, graph: { plan, checkTaskId }, onWarning });
}

/** The workflow in a file, as {@link parseWorkflow}. Rejects with what keeps the file from being read, too. */
export async function workflowFromFile(
  path: string,
  options: WorkflowFileOptions = {},
): Promise<Workflow<JsonValue | undefined>> {
  return parseWorkflow(await readFile(path), { ...options, file: path });
}

function formatOf(file: string): WorkflowFormat {
  switch (extname(file).toLowerCase()) {
    case '.json':
      return 'json';
    case '.yaml':
    case '.yml':
      return 'yaml';
    default:
      throw new InvalidOptionError(
        'format',
        `is needed for ${JSON.stringify(file)}; use "json" or "yaml"`,
      );
  }
}
