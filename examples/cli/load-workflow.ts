import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FileProblem, NuflowError, type Workflow, workflowFromFile } from 'nuflow';
import { UsageError } from './exit-codes.js';
import { tell } from './messages.js';

/** A workflow of any input; which input it takes is known only when it is read. */
export type AnyWorkflow = Workflow<unknown, unknown>;

/**
 * The workflow in a JSON or YAML file, or in a JavaScript module: its default export, its only
 * workflow, or the one called `name` (an export's name or the workflow's).
 * Throws UsageError, or what is wrong with the definition.
 */
export async function loadWorkflow(path: string, name?: string): Promise<AnyWorkflow> {
  switch (extname(path).toLowerCase()) {
    case '.json':
    case '.yaml':
    case '.yml':
      return fromFile(path);
    default:
      return chosen(await exportsOf(path), path, name);
  }
}

/** All workflows a JavaScript module exports. Throws UsageError. */
export async function loadWorkflows(path: string): Promise<AnyWorkflow[]> {
  return [...new Set((await exportsOf(path)).map(([, workflow]) => workflow))];
}

async function fromFile(path: string): Promise<AnyWorkflow> {
  try {
    return (await workflowFromFile(path, { onWarning: (it) => warn(path, it) })) as AnyWorkflow;
  } catch (error) {
    if (error instanceof NuflowError) throw error; // it says file, line and column
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
}

function warn(path: string, { line, column, message }: FileProblem): void {
  tell(`${path}:${line}:${column}: warning: ${message}`);
}

async function exportsOf(path: string): Promise<(readonly [string, AnyWorkflow])[]> {
  const module = await loaded(path);
  return Object.entries(module).filter((entry): entry is [string, AnyWorkflow] =>
    isWorkflow(entry[1]),
  );
}

async function loaded(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    if (error instanceof NuflowError) throw error; // a definition in it is wrong, and says so itself
    const { code, message, stack } = error as NodeJS.ErrnoException;
    // Node's own errors say which file is missing; for others the place in the module is what helps.
    throw new UsageError(`${path} can't be loaded: ${code === undefined ? stack : message}`);
  }
}

function chosen(
  all: readonly (readonly [string, AnyWorkflow])[],
  path: string,
  name: string | undefined,
): AnyWorkflow {
  const distinct = new Set(all.map(([, workflow]) => workflow));
  const found =
    name === undefined
      ? (all.find(([key]) => key === 'default')?.[1] ?? (distinct.size === 1 ? all[0]?.[1] : null))
      : all.find(([key, workflow]) => key === name || workflow.name === name)?.[1];
  if (found) return found;
  const names = all.map(([key, workflow]) => `${key} (${workflow.name})`).join(', ') || 'none';
  const wanted = name === undefined ? 'choose a workflow with --workflow' : `has no "${name}"`;
  throw new UsageError(`${path}: ${wanted}; it exports ${names}`);
}

function isWorkflow(value: unknown): value is AnyWorkflow {
  return typeof value === 'object' && value !== null && 'spec' in value && 'code' in value;
}
