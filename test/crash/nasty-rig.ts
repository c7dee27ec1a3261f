import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { leftOf, startTime } from '../support/processes.js';
import { CrashRig } from './crash-rig.js';
import { NASTY_DESCENDANTS, nastyWorkflow, STAYS, STUBBORN } from './nasty-tasks.js';
import type { OrchestratorProcess } from './orchestrator-process.js';

/** More lines than descendants ever wait for one. */
const LINES = 1000;

/** A run of nasty tasks, and all processes it ever had. */
export class NastyRig extends CrashRig {
  readonly #gate: number;
  /** Pid and start time of every process seen. */
  readonly #seen = new Map<string, number>();

  constructor(
    program: string,
    options: { readonly handlesSignals: boolean; timeout?: number | undefined },
  ) {
    const { handlesSignals, timeout } = options;
    super(program, nastyWorkflow(timeout), { grace: 200, handlesSignals });
    writeFileSync(this.path('stays'), STAYS);
    writeFileSync(this.path('stubborn'), STUBBORN);
    execFileSync('mkfifo', [this.path('gate')]);
    // For reading too: else the open would wait, and so would those who come late.
    this.#gate = openSync(this.path('gate'), 'r+');
  }

  /** Resolves when all descendants are there. Throws when the orchestrator ends before. */
  async allThere(orchestrator: OrchestratorProcess): Promise<void> {
    let over = false;
    void orchestrator.ended.then(() => {
      over = true;
    });
    while (this.#pids().length < NASTY_DESCENDANTS) {
      if (over) throw new Error(`it ended before its tasks were there: ${orchestrator.stderr}`);
      await delay(10);
    }
  }

  /** Lets every task end by itself. */
  openGate(): void {
    writeFileSync(this.path('go'), '');
    writeSync(this.#gate, '\n'.repeat(LINES));
  }

  /** Takes down who lives now, so that they are looked for later also when nothing tells whose they are. */
  look(): number {
    const pids = new Set([...this.#pids(), ...this.processes().map(({ pid }) => pid)]);
    for (const pid of pids) {
      const began = startTime(pid);
      if (began !== undefined) this.#seen.set(`${pid} ${began}`, pid);
    }
    return pids.size;
  }

  /** Waits for an orchestrator's own end; gives the run's status, null when it was closed before. */
  async ended(orchestrator: OrchestratorProcess): Promise<string | null> {
    const { code } = await orchestrator.ended;
    const told = orchestrator.told.filter(({ type }) => type === 'left' || type === 'order.failed');
    expect(told, 'told by the orchestrator').toEqual([]);
    if (code !== 0 || orchestrator.result === undefined)
      throw new Error(`it ended with ${code}: ${orchestrator.stderr}`);
    return orchestrator.result;
  }

  /**
   * Nothing that was seen, and nothing else of this rig, lives; nor does what started tasks for it. That notices
   * by itself when its orchestrator was killed, which may take a moment.
   */
  async expectNothingLeft(): Promise<void> {
    expect(this.processes(), 'processes with the marker').toEqual([]);
    expect(
      this.helpers(({ wasKilled }) => !wasKilled),
      'helpers that were closed',
    ).toEqual([]);
    const stray = await leftOf(() => this.helpers());
    expect(stray, 'helpers of orchestrators that were killed').toEqual([]);
    const seen = [...this.#seen].filter(([name, pid]) => name === `${pid} ${startTime(pid)}`);
    expect(seen, 'processes seen before').toEqual([]);
  }

  override async remove(): Promise<void> {
    this.openGate();
    await super.remove();
    await leftOf(() =>
      [...this.#seen].filter(([name, pid]) => name === `${pid} ${startTime(pid)}`),
    );
    closeSync(this.#gate);
  }

  #pids(): number[] {
    const path = this.path('pids');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text.split('\n').filter(Boolean).map(Number);
  }
}
