import type { Decision } from 'nuflow';
import { inspectRun } from 'nuflow/inspect';
import { followRuns } from './follow-runs.js';
import { loadWorkflows } from './load-workflow.js';
import { readJson } from './read-input.js';
import { type ResumeOptions, withOrchestrator } from './run-commands.js';

export interface DecideOptions extends ResumeOptions {
  /** The task's output, as JSON. */
  readonly output?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * `nuflow decide ID TASK rerun|done|fail`: says what becomes of a held task, then goes on with the run.
 * Returns the exit code.
 */
export async function decide(
  id: string,
  task: string,
  decision: Decision,
  options: DecideOptions,
): Promise<number> {
  const { dataDir, message } = options;
  const output = await readJson('--output', options.output);
  const workflows = (await Promise.all(options.workflows.map(loadWorkflows))).flat();
  const { seq } = await inspectRun(dataDir, id);
  return withOrchestrator(options, workflows, async (orchestrator) => {
    await orchestrator.decide(id, task, decision, { output, message });
    const run = await orchestrator.resume(id); // which it did, unless that was all that the run waited for
    return followRuns(orchestrator, [{ run, from: seq + 1 }], options);
  });
}
