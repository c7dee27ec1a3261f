import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord, RecordType, WorkflowFile } from '../../src/index.js';
import { readEvents } from '../../src/inspect.js';
import { NUSHELLS } from '../runners/attempts.js';
import { type Found, leftOf, processesWith } from '../support/processes.js';
import { type LedgerLine, readLedger } from './ledger.js';
import { LEDGER_MODULE } from './ledger-tasks.js';
import { OrchestratorProcess, type Told } from './orchestrator-process.js';
import type { Orders } from './orders.js';

const RUN = 'run';

/** A workflow in a folder of its own, and the orchestrators that work on it one after another. */
export class CrashRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-crash-'));
  readonly #program: string;
  readonly #orders: Orders;
  readonly #orchestrators: OrchestratorProcess[] = [];

  constructor(
    program: string,
    workflow: WorkflowFile,
    more: Partial<Pick<Orders, 'concurrency' | 'grace' | 'handlesSignals'>> = {},
  ) {
    this.#program = program;
    writeFileSync(this.path('ledger.nu'), LEDGER_MODULE);
    // There from the beginning: Nushell opens a file that is not there without O_APPEND.
    writeFileSync(this.path('ledger'), '');
    this.#orders = {
      dataDir: this.path('data'),
      baseDir: this.dir,
      binary: NUSHELLS[0][1],
      marker: { CRASH_RIG: this.dir },
      concurrency: 10,
      grace: 300,
      run: RUN,
      workflow,
      handlesSignals: false,
      ...more,
    };
    writeFileSync(this.path('orders.json'), JSON.stringify(this.#orders));
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** The next orchestrator: it starts the run, or goes on with it. */
  start(): OrchestratorProcess {
    const orders = this.path('orders.json');
    const orchestrator = new OrchestratorProcess(this.#program, orders, this.#orders.marker);
    this.#orchestrators.push(orchestrator);
    return orchestrator;
  }

  /** What all orchestrators told, one after another. */
  told(): Told[] {
    return this.#orchestrators.flatMap(({ told }) => told);
  }

  /** Lets the next orchestrator work undisturbed; gives the run's status. Throws what it complained of. */
  async finish(): Promise<string | null> {
    const last = this.start();
    const { code } = await last.ended;
    if (code !== 0 || last.result === undefined)
      throw new Error(`the orchestrator ended with ${code}: ${last.stderr}`);
    return last.result;
  }

  async records(): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    for await (const record of readEvents(this.#orders.dataDir, RUN)) records.push(record);
    return records;
  }

  ledger(): LedgerLine[] {
    return readLedger(this.path('ledger'));
  }

  /** Takes the journal back to before its first record of the type: as if a crash had kept the rest off the disk. */
  cutJournal(type: RecordType): void {
    const path = join(this.#orders.dataDir, 'runs', RUN, 'journal.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    const first = lines.findIndex((line) => line.includes(`"type":"${type}"`));
    if (first === -1) throw new Error(`no ${type} in ${path}`);
    writeFileSync(
      path,
      lines
        .slice(0, first)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  /** Living processes of this rig: orchestrators, what they started, and what that started. */
  processes(): Found[] {
    return processesWith(`CRASH_RIG=${this.dir}\0`);
  }

  /** Living processes that start tasks for orchestrators of this rig, or for those of them that `isMeant`. They don't have its marker. */
  helpers(isMeant: (orchestrator: OrchestratorProcess) => boolean = () => true): Found[] {
    return this.#orchestrators
      .filter(isMeant)
      .flatMap(({ pid }) => processesWith(`NUFLOW_COOKIE=spawner-${pid}-`));
  }

  /** All of them after those that are about to end have ended. */
  left(): Promise<readonly Found[]> {
    return leftOf(() => [...this.processes(), ...this.helpers()]);
  }

  /** Kills what is left, and removes the folder. */
  async remove(): Promise<void> {
    const last = this.#orchestrators.at(-1);
    last?.child.kill('SIGKILL');
    for (let found = this.processes(); found.length > 0; found = this.processes())
      for (const { pid } of found) kill(pid);
    for (const { pid } of await leftOf(() => this.helpers())) kill(pid);
    await last?.ended;
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}
