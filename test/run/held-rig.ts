import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord, OnFailure, Run, Workflow } from '../../src/index.js';
import { Orchestrator } from '../../src/index.js';
import { readEvents } from '../../src/inspect.js';

/** A data directory whose orchestrator can be left behind, as if it had died, with functions at work. */
export class HeldRig {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'nuflow-held-'));
  readonly #workflow: Workflow<never, unknown>;
  #orchestrator: Orchestrator | undefined;

  constructor(workflow: Workflow<never, unknown>) {
    this.#workflow = workflow;
  }

  get orchestrator(): Orchestrator {
    if (this.#orchestrator === undefined) throw new Error('no orchestrator is open');
    return this.#orchestrator;
  }

  async open(): Promise<Orchestrator> {
    const workflows = [this.#workflow];
    this.#orchestrator = await Orchestrator.open({ dataDir: this.dataDir, workflows });
    return this.#orchestrator;
  }

  /** Starts run `r`, waits for `started` to have started, and leaves everything as it stands. */
  async startAndLeave(
    started: readonly string[],
    options: { readonly onFailure?: OnFailure; readonly timeout?: number } = {},
  ): Promise<void> {
    const orchestrator = await this.open();
    const run = await orchestrator.start(this.#workflow, { id: 'r', ...options });
    const missing = new Set(started);
    for await (const event of run.events()) {
      if (event.type === 'task.started') missing.delete(event.task);
      if (missing.size === 0) break;
    }
    await orchestrator.close({ mode: 'detach' });
  }

  /** Opens the directory again and resumes the run until it waits for decisions alone. */
  async resumeUntilHeld(): Promise<Run> {
    const run = await (await this.open()).resume('r');
    for await (const _event of run.events()) if (run.waitsForDecision) break;
    return run;
  }

  async records(): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    for await (const record of readEvents(this.dataDir, 'r')) records.push(record);
    return records;
  }

  async remove(): Promise<void> {
    await this.#orchestrator?.close({ mode: 'detach' });
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
