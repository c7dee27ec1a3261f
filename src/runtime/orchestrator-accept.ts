import { timeoutMs } from '../definition/duration.js';
import type { Workflow } from '../definition/workflow.js';
import type { DataDir } from '../journal/data-dir/data-dir.js';
import { newBaseDir } from './base-dir.js';
import { generateRunId } from './generate-run-id.js';
import { assertRecordableDefinition } from './orchestrator-check.js';
import type { Settings, StartOptions } from './orchestrator-options.js';
import type { PreparedRunners } from './prepared-runners.js';
import type { NewRun } from './run-loader.js';
import { type Acceptance, accept } from './validate.js';
import { validateInput } from './validate-input.js';

/** What a start is checked against. */
export interface StartAcceptance extends Acceptance, Pick<Settings, 'platform' | 'baseDir'> {
  readonly dir: DataDir;
  readonly prepared: PreparedRunners;
}

/** A run that may start: all that can be found wrong with it before it is written down is thrown. */
export async function acceptStart(
  against: StartAcceptance,
  workflow: Workflow,
  options: StartOptions<unknown>,
): Promise<NewRun> {
  const { platform, dir } = against;
  const parts = accept(workflow, against, options.onFailure);
  assertRecordableDefinition(workflow.spec);
  const { timeout } = options;
  const longestMs = timeout === undefined ? workflow.spec.timeoutMs : timeoutMs(timeout, 'timeout');
  const id = options.id ?? generateRunId(platform);
  dir.journalPath(id);
  const { input, values } = await validateInput(workflow, options.input);
  const baseDir = newBaseDir(against.baseDir);
  await against.prepared.prepare(workflow.spec, baseDir);
  return {
    id,
    isNew: options.id === undefined,
    parts,
    input,
    secrets: values,
    baseDir,
    signal: options.signal,
    deadlineAt:
      longestMs === undefined
        ? undefined
        : new Date(platform.clock.now() + longestMs).toISOString(),
  };
}
