import type { TaskSpec, WorkflowSpec } from '../../src/definition/spec.js';
import type { JournalRecord, RecordOf } from '../../src/journal/records/record.js';

/** What a journal's records say of a task, by rules of their own rather than by `reduce`. */
export interface TaskFacts {
  readonly status: 'running' | 'retrying' | 'probing' | 'interrupted' | 'pending' | Ended;
  readonly attempt: number;
  /** Of a running one: written before there was a slot for it. */
  readonly isAhead?: boolean;
  readonly output?: unknown;
  /** Where a big output is. */
  readonly outputFile?: string | undefined;
}

type Ended = 'succeeded' | 'failed' | 'skipped' | 'upstreamFailed' | 'cancelled';
const ENDED: readonly string[] = ['succeeded', 'failed', 'skipped', 'upstreamFailed', 'cancelled'];

export function hasEnded({ status }: TaskFacts): boolean {
  return ENDED.includes(status);
}

/**
 * The records of one run that are sure to be on disk, followed as they get there, and what must hold of
 * them: whole lines, in order, none ever lost or changed, no task started twice at once, one outcome a task.
 */
export class DurableLog {
  readonly lines: string[] = [];
  readonly records: JournalRecord[] = [];
  readonly tasks = new Map<string, TaskFacts>();
  workflow: WorkflowSpec | undefined;
  status: 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled' = 'running';
  readonly run: string;
  readonly #violate: (what: string) => void;
  readonly #onDisk: (record: JournalRecord) => void;
  #read = 0;
  /** Every line that ever was on disk. */
  readonly #ever: string[] = [];
  #onFailure = 'continue';
  #failed = false;

  /** `onDisk` is told of every record that got to the disk. */
  constructor(
    run: string,
    violate: (what: string) => void,
    onDisk: (record: JournalRecord) => void,
  ) {
    this.run = run;
    this.#onDisk = onDisk;
    this.#violate = (what) => violate(`${run}: ${what}`);
  }

  /** What is known of a task. */
  facts(task: string): TaskFacts {
    return this.tasks.get(task) ?? { status: 'pending', attempt: 0 };
  }

  /** Tasks that wait for a decision. */
  get held(): readonly string[] {
    return [...this.tasks].filter(([, { status }]) => status === 'interrupted').map(([id]) => id);
  }

  /** How often in a row the task died with its orchestrator, since its last failure or decision. */
  crashesOf(task: string): number {
    const own = this.records.filter((record) => 'task' in record && record.task === task);
    const last = own.findLastIndex(({ type }) => RESETS.includes(type));
    return own.slice(last + 1).filter((it) => 'cause' in it && it.cause === 'crash').length;
  }

  spec(task: string): TaskSpec | undefined {
    return this.workflow?.tasks.find(({ id }) => id === task);
  }

  /** Takes in what was added to the file. */
  follow(durable: Buffer): void {
    if (durable.length < this.#read) this.#forget();
    for (
      let end = durable.indexOf(10, this.#read);
      end !== -1;
      end = durable.indexOf(10, this.#read)
    ) {
      const line = durable.toString('utf8', this.#read, end);
      const record = parse(line);
      if (record === undefined) return; // a write that failed may have left anything
      this.#read = end + 1;
      this.#add(line, record);
    }
  }

  /** Reads the file again, since it may have changed in any way: every line that was on disk once has to be there. */
  reread(durable: Buffer): void {
    this.#forget();
    this.follow(durable);
    if (this.lines.length < this.#ever.length)
      this.#violate(
        `${this.#ever.length - this.lines.length} records of ${this.#ever.length} lost`,
      );
  }

  #forget(): void {
    this.#read = 0;
    this.lines.length = 0;
    this.records.length = 0;
    this.tasks.clear();
    this.status = 'running';
    this.#failed = false;
  }

  #add(line: string, record: JournalRecord): void {
    const index = this.lines.push(line) - 1;
    const before = this.#ever[index];
    if (before === undefined) this.#ever.push(line);
    else if (before !== line) this.#violate(`record ${index + 1} changed: ${before} → ${line}`);
    if (record.seq !== index + 1) this.#violate(`line ${index + 1} has seq ${record.seq}`);
    this.records.push(record);
    this.#take(record);
    this.#onDisk(record);
  }

  #take(record: JournalRecord): void {
    if (this.status !== 'running' && this.status !== 'cancelling')
      this.#violate(`${record.type} after run.finished`);
    switch (record.type) {
      case 'run.started':
        this.workflow = record.workflow;
        this.#onFailure = record.onFailure;
        return;
      case 'run.cancelRequested':
        this.status = 'cancelling';
        return;
      case 'run.finished':
        this.status = record.status;
        return;
      default:
        if ('task' in record) this.#takeTask(record);
    }
  }

  #takeTask(record: JournalRecord & { readonly task: string }): void {
    const { task } = record;
    const known = this.facts(task);
    if (hasEnded(known)) this.#violate(`${record.type} of ${task}, which has ended before`);
    const next = this.#next(record, known);
    if (next !== undefined) this.tasks.set(task, next);
  }

  #next(
    record: JournalRecord & { readonly task: string },
    known: TaskFacts,
  ): TaskFacts | undefined {
    const { task } = record;
    const { attempt } = known;
    switch (record.type) {
      case 'task.started':
        this.#mayStart(task, known, record.attempt);
        return { status: 'running', attempt: record.attempt, isAhead: record.ahead === true };
      case 'task.succeeded':
        this.#runs(task, known, record.attempt, 'probing');
        return succeeded(attempt, record);
      case 'task.failed':
        this.#failed = true;
        return { status: 'failed', attempt };
      case 'task.retryScheduled':
        this.#runs(task, known, record.attempt, 'probing');
        return { status: 'retrying', attempt };
      case 'task.interrupted':
        this.#runs(task, known, record.attempt, 'probing');
        // What did not begin gives its number to the next.
        return {
          status: AFTER[record.next],
          attempt: record.begun === false ? attempt - 1 : attempt,
        };
      case 'task.decided':
        if (known.status !== 'interrupted') this.#violate(`${task} decided while ${known.status}`);
        if (record.decision === 'done') return succeeded(attempt, record);
        if (record.decision === 'fail') this.#failed = true;
        return { status: record.decision === 'rerun' ? 'pending' : 'failed', attempt };
      case 'task.skipped':
        return { status: record.status, attempt };
      case 'task.cancelled':
        return { status: 'cancelled', attempt };
      default:
        return undefined;
    }
  }

  #mayStart(task: string, { status, attempt, isAhead }: TaskFacts, started: number): void {
    if (status === 'running' && isAhead && started === attempt) return; // its code runs, says this
    if (status !== 'pending' && status !== 'retrying')
      this.#violate(`${task} started while ${status}`);
    if (started !== attempt + 1)
      this.#violate(`${task} started attempt ${started} after ${attempt}`);
    if (this.status === 'cancelling') this.#violate(`${task} started after the cancel`);
    if (this.#onFailure !== 'continue' && this.#failed)
      this.#violate(`${task} started after a failure, with onFailure ${this.#onFailure}`);
  }

  #runs(task: string, { status, attempt }: TaskFacts, ended: number, also = 'running'): void {
    if ((status !== 'running' && status !== also) || attempt !== ended)
      this.#violate(`${task} ended attempt ${ended} while ${status} in ${attempt}`);
  }
}

const RESETS: readonly string[] = ['task.retryScheduled', 'task.decided'];
const AFTER = { retry: 'pending', hold: 'interrupted', probe: 'probing' } as const;

function succeeded(
  attempt: number,
  { output, outputFile }: RecordOf<'task.succeeded' | 'task.decided'>,
): TaskFacts {
  return { status: 'succeeded', attempt, output, outputFile: outputFile?.path };
}

/** The record of a line, its checksum taken on trust. */
function parse(line: string): JournalRecord | undefined {
  try {
    const { crc, durable, ...record } = JSON.parse(line) as JournalRecord & {
      crc: string;
      durable?: number;
    };
    return crc === undefined ? undefined : record;
  } catch {
    return undefined;
  }
}
