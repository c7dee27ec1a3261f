import { readFileSync } from 'node:fs';
import type { JournalRecord } from '../../src/index.js';

/*
 * The ledger is what was seen outside: each task's code adds one line to it, in one write with O_APPEND.
 * The journal is what the orchestrator believes. Here the two are compared.
 */

/** A line: which attempt of which task began, or did its work. */
export interface LedgerLine {
  readonly what: 'began' | 'worked';
  readonly task: string;
  readonly attempt: number;
  readonly key: string;
}

/** A line of a task as what follows it can print: `sh -c`, and Nushell. */
export const lineInShell = (what: LedgerLine['what']): string =>
  `printf '${what} %s %s %s\\n' "$NUFLOW_TASK_ID" "$NUFLOW_ATTEMPT" "$NUFLOW_TASK_KEY" >> ledger`;
export const lineInNushell = (what: LedgerLine['what']): string =>
  `$"${what} ($env.NUFLOW_TASK_ID) ($env.NUFLOW_ATTEMPT) ($env.NUFLOW_TASK_KEY)\\n" | save --append ledger`;

/** Throws for a line that is not whole. */
export function readLedger(path: string): LedgerLine[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).map(parseLine);
}

function parseLine(line: string): LedgerLine {
  const [, what, task, attempt, key] =
    /^(began|worked) (\S+) (\d+) ([0-9a-f]{32})$/.exec(line) ?? [];
  if (task === undefined || key === undefined) throw new Error(`not a ledger line: ${line}`);
  return { what: what as LedgerLine['what'], task, attempt: Number(attempt), key };
}

/** What a run came to. */
export interface Balance {
  readonly succeeded: number;
  /** Attempts journaled beyond one a task. */
  readonly repeated: number;
  /** Attempts that were on record, but whose code never began. */
  readonly unbegun: number;
  /** What must not be, in words. */
  readonly wrong: readonly string[];
}

/**
 * Compares a finished run's journal with its ledger. `undisturbed`: no task's process was killed, so
 * that each task's work must be there exactly once, and nothing that began may be begun again.
 */
export function balance(
  records: readonly JournalRecord[],
  lines: readonly LedgerLine[],
  undisturbed: boolean,
): Balance {
  const ids = new Set(lines.map(({ task }) => task));
  for (const record of records) if (record.type === 'task.started') ids.add(record.task);
  const tasks = [...ids].map((id) => taskBalance(id, records, lines));
  const sum = (count: (task: TaskBalance) => number): number =>
    tasks.reduce((total, task) => total + count(task), 0);
  return {
    succeeded: sum(({ succeeded }) => succeeded.length),
    repeated: sum(({ started }) => Math.max(0, started.length - 1)),
    unbegun: sum(({ started, began }) => started.filter((it) => !began.includes(it)).length),
    wrong: tasks.flatMap((task) => wrongs(task, undisturbed)),
  };
}

/** The attempts of a task of which something is said: in the journal, and in the ledger. */
interface TaskBalance {
  readonly id: string;
  readonly started: readonly number[];
  readonly spawned: readonly number[];
  readonly succeeded: readonly number[];
  readonly began: readonly number[];
  readonly worked: readonly number[];
  readonly keys: number;
}

function taskBalance(
  id: string,
  records: readonly JournalRecord[],
  lines: readonly LedgerLine[],
): TaskBalance {
  const journaled = (type: 'task.started' | 'task.spawned' | 'task.succeeded'): number[] =>
    records.flatMap((it) => (it.type === type && it.task === id ? [it.attempt] : []));
  const own = lines.filter(({ task }) => task === id);
  const left = (what: LedgerLine['what']): number[] =>
    own.flatMap((it) => (it.what === what ? [it.attempt] : []));
  return {
    id,
    started: journaled('task.started'),
    spawned: journaled('task.spawned'),
    succeeded: journaled('task.succeeded'),
    began: left('began'),
    worked: left('worked'),
    keys: new Set(own.map(({ key }) => key)).size,
  };
}

/** What contradicts the promises. */
function wrongs(task: TaskBalance, undisturbed: boolean): string[] {
  const { started, spawned, succeeded, began, worked } = task;
  const rules: readonly (readonly [string, boolean])[] = [
    ['an attempt is on record twice', isUnique(started)],
    ['it succeeded more than once', succeeded.length <= 1],
    ['an attempt began twice', isUnique(began)],
    ['an attempt worked twice', isUnique(worked)],
    ['an attempt began without being on record', isWithin(began, started)],
    ['an attempt worked without having begun', isWithin(worked, began)],
    ['an attempt succeeded without its work', isWithin(succeeded, worked)],
    ['its attempts had different keys', task.keys <= 1],
    ['its work was not done exactly once', !undisturbed || worked.length === 1],
    ['an attempt that had begun was repeated', !undisturbed || began.length === 1],
    ['an attempt that had a process was repeated', !undisturbed || spawned.length <= 1],
  ];
  const broken = rules.filter(([, holds]) => !holds).map(([rule]) => rule);
  return broken.map((rule) => `${rule}: ${JSON.stringify(task)}`);
}

function isUnique(attempts: readonly number[]): boolean {
  return new Set(attempts).size === attempts.length;
}

function isWithin(some: readonly number[], all: readonly number[]): boolean {
  return some.every((attempt) => all.includes(attempt));
}
