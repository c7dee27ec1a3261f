import { Orchestrator } from 'nuflow';
import { hasDataDir, NO_DATA_DIR } from './existing-data-dir.js';
import { EXIT, UsageError } from './exit-codes.js';
import { type FollowOptions, followRuns } from './follow-runs.js';
import { type AnyWorkflow, loadWorkflow, loadWorkflows } from './load-workflow.js';
import { tell, tellError } from './messages.js';
import { writeJson } from './output.js';
import { readJson } from './read-input.js';
import { readSecrets } from './secrets.js';
import type { TimeOptions } from './text.js';

/** Options of every command. */
export interface StoreOptions extends TimeOptions {
  readonly dataDir: string;
  readonly json?: boolean | undefined;
}

/** Options of commands that do work. */
export interface WorkOptions extends StoreOptions, FollowOptions {
  readonly concurrency: number;
  readonly baseDir?: string | undefined;
  /** As in {@link readSecrets}. */
  readonly secret: readonly string[];
}

export interface RunOptions extends WorkOptions {
  readonly input?: string | undefined;
  readonly id?: string | undefined;
  readonly workflow?: string | undefined;
}

export interface ResumeOptions extends WorkOptions {
  readonly workflows: readonly string[];
}

/** `nuflow run FILE`. Returns the exit code. */
export async function runWorkflow(path: string, options: RunOptions): Promise<number> {
  const workflow = await loadWorkflow(path, options.workflow);
  const input = await readJson('--input', options.input);
  return withOrchestrator(options, [workflow], async (orchestrator) => {
    const run = await orchestrator.start(workflow, { id: options.id, input });
    return followRuns(orchestrator, [{ run, from: 1 }], options);
  });
}

/** `nuflow resume [ID]`: one run, or all that have not finished. Returns the exit code. */
export async function resume(id: string | undefined, options: ResumeOptions): Promise<number> {
  if (!(await hasDataDir(options.dataDir))) {
    tell(`${NO_DATA_DIR}; no run is unfinished`);
    return EXIT.done;
  }
  const workflows = (await Promise.all(options.workflows.map(loadWorkflows))).flat();
  return withOrchestrator(options, workflows, async (orchestrator) => {
    const { runs, refused } =
      id === undefined
        ? await orchestrator.resumeAll()
        : { runs: [await orchestrator.resume(id)], refused: [] };
    for (const { error } of refused) tellError(error, options.json);
    if (runs.length === 0 && refused.length === 0) tell('no run is unfinished');
    const followed = runs.map((run) => ({ run, from: run.snapshot().seq + 1 }));
    const code = await followRuns(orchestrator, followed, options);
    return refused.length > 0 ? Math.max(code, EXIT.failed) : code;
  });
}

/** `nuflow cancel ID`: also a run that nobody works on. */
export async function cancel(id: string, options: WorkOptions): Promise<number> {
  return withOrchestrator(options, [], async (orchestrator) => {
    await orchestrator.cancel(id);
    const { status } = await orchestrator.inspect(id);
    if (options.json) await writeJson({ id, status });
    else tell(`run ${id} is ${status}`);
    return EXIT.done;
  });
}

/** Opens the data directory for as long as it is used. */
export async function withOrchestrator(
  { dataDir, concurrency, baseDir, secret }: WorkOptions,
  workflows: readonly AnyWorkflow[],
  use: (orchestrator: Orchestrator) => Promise<number>,
): Promise<number> {
  if (!Number.isInteger(concurrency)) throw new UsageError('--concurrency must be a whole number');
  const secrets = await readSecrets(secret);
  await using orchestrator = await Orchestrator.open({
    dataDir,
    concurrency,
    baseDir,
    workflows,
    secrets,
  });
  return await use(orchestrator);
}
