import { timeoutMs } from './definition/duration.js';
import type { Workflow } from './definition/workflow.js';
import type { DataDir } from './journal/data-dir.js';
import { assertRecordableDefinition } from './orchestrator-check.js';
import type { Settings, StartOptions } from './orchestrator-options.js';
import { type Acceptance, accept } from './run/accept.js';
import { acceptInput } from './run/accept-input.js';
import { newBaseDir } from './run/base-dir.js';
import { drawnId } from './run/drawn-id.js';
import type { NewRun } from './run/opener.js';
import type { PreparedRunners } from './run/prepared-runners.js';

/** What a start is checked against. */
export interface StartAcceptance extends Acceptance, Pick<Settings, 'world' | 'baseDir'> {
  readonly dir: DataDir;
  readonly prepared: PreparedRunners;
}

/** A run that may start: all that can be found wrong with it before it is written down is thrown. */
export async function acceptStart(
  against: StartAcceptance,
  workflow: Workflow,
  options: StartOptions<unknown>,
): Promise<NewRun> {
  const { world, dir } = against;
  const parts = accept(workflow, against, options.onFailure);
  assertRecordableDefinition(workflow.spec);
  const { timeout } = options;
  const longestMs = timeout === undefined ? workflow.spec.timeoutMs : timeoutMs(timeout, 'timeout');
  const id = options.id ?? drawnId(world);
  dir.journalPath(id);
  const { input, values } = await acceptInput(workflow, options.input);
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
      longestMs === undefined ? undefined : new Date(world.clock.now() + longestMs).toISOString(),
  };
}
