import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  isNoSpaceError,
  isRecord,
  type JournalRecord,
  NuflowError,
  Orchestrator,
  workflowFromData,
} from '../../src/index.js';
import { readEvents } from '../../src/inspect.js';
import { processesWith } from '../support/processes.js';
import { seededRandom } from '../support/soak.js';
import { fullableDisk, type Kind } from './full-file-system.js';

/** What a round is told. */
export interface RoundOrders {
  readonly kind: Kind;
  readonly seed: number;
}

/** What it found. */
export interface RoundFigures {
  /** How the run ended when the disk was full, and how a start was refused: `NUFLOW_… (ENOSPC)`. */
  readonly ended: string;
  readonly refused: string;
  /** Records that were acknowledged while the disk became full, and those of them that are not on disk after. */
  readonly acknowledged: number;
  readonly lost: number;
  /** Tasks that had succeeded on record by then, and those of them that ran again. */
  readonly succeeded: number;
  readonly repeated: number;
  /** How the run ended after there was space again, and tasks without effect. */
  readonly status: string;
  readonly without: number;
}

const TASKS = 24;
/** The disk is full with at least so many tasks left: with fewer all may run already, and the run ends by the reserve alone. */
const LEFT = 14;

/** A run on a disk that becomes full at some point, and goes on when there is space. */
async function round({ kind, seed }: RoundOrders): Promise<RoundFigures> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-ledger-'));
  const ledger = join(folder, 'ledger');
  appendFileSync(ledger, '');
  const disk = fullableDisk(kind);
  try {
    const dataDir = join(disk.path, 'data');
    const filled = await untilFull(dataDir, ledger, {
      fill: disk.fill,
      after: 1 + Math.floor(random() * (TASKS - LEFT)),
      bytes: () => Math.floor(random() * 20_000),
    });
    if (kind === 'thin') await quiet(dataDir); // what still runs writes into a file system that is about to go
    disk.free();
    return { ...filled, ...(await afterwards(dataDir, ledger, filled)) };
  } finally {
    disk.remove();
    rmSync(folder, { recursive: true });
  }
}

interface Filling {
  readonly fill: () => void;
  /** Fills the disk after so many tasks. */
  readonly after: number;
  /** What a task prints. */
  readonly bytes: () => number;
}

async function untilFull(
  dataDir: string,
  ledger: string,
  { fill, after, bytes }: Filling,
): Promise<{ ended: string; refused: string; heard: JournalRecord[] }> {
  const orchestrator = await Orchestrator.open({
    dataDir,
    concurrency: 4,
    reserveBytes: 512 * 1024,
  });
  const run = await orchestrator.start(workflowOf(ledger, bytes), { id: 'r' });
  const heard: JournalRecord[] = [];
  let succeeded = 0;
  run.on('*', (event) => {
    if (!isRecord(event)) return;
    heard.push(event);
    if (event.type === 'task.succeeded' && ++succeeded === after) fill();
  });
  const ended = await run.ended.then(() => 'finished', codeOf);
  const refused = await orchestrator
    .start(workflowOf(ledger, bytes), { id: 'other' })
    .then(() => 'started', codeOf);
  await orchestrator.close({ mode: 'detach' });
  return { ended, refused, heard };
}

async function afterwards(
  dataDir: string,
  ledger: string,
  { heard }: { readonly heard: readonly JournalRecord[] },
): Promise<Omit<RoundFigures, 'ended' | 'refused'>> {
  const onDisk = new Set<string>();
  for await (const record of readEvents(dataDir, 'r')) onDisk.add(JSON.stringify(record));
  const done = heard.flatMap((it) => (it.type === 'task.succeeded' ? [it.task] : []));
  await using orchestrator = await Orchestrator.open({ dataDir, concurrency: 4 });
  const run = await orchestrator.resume('r');
  await run.ended;
  const worked = readFileSync(ledger, 'utf8').trim().split('\n');
  const times = (task: string): number => worked.filter((it) => it === task).length;
  return {
    acknowledged: heard.length,
    lost: heard.filter((record) => !onDisk.has(JSON.stringify(record))).length,
    succeeded: done.length,
    repeated: done.filter((task) => times(task) !== 1).length,
    status: run.snapshot().status,
    without: run.snapshot().tasks.filter(({ id }) => times(id) === 0).length,
  };
}

function workflowOf(ledger: string, bytes: () => number) {
  return workflowFromData({
    name: 'full',
    tasks: Array.from({ length: TASKS }, (_, n) => ({
      id: `t${n}`,
      needs: n < 4 ? [] : [`t${n - 4}`],
      shell: {
        command: 'sh',
        args: [
          '-c',
          `echo t${n} >> '${ledger}'; head -c ${bytes()} /dev/zero | tr '\\0' x; sleep 0.02; true`,
        ],
      },
    })),
  });
}

/** Resolves when no task of this data directory works any more; what only waits for space to write its result is killed. */
async function quiet(dataDir: string): Promise<void> {
  const left = () => processesWith(`NUFLOW_RESULT=${dataDir}/`);
  const waits = (command: string): boolean => / -c came\(\)|^sleep 1\b/.test(command);
  while (left().some(({ command }) => !waits(command))) await delay(10);
  for (const { pid } of left()) killIfThere(pid);
  while (left().length > 0) await delay(10);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof NuflowError)) return String(error);
  const { code } = (error.cause ?? {}) as { code?: string };
  return `${error.code} (${isNoSpaceError(error.cause) ? 'ENOSPC' : code})`;
}

console.log(JSON.stringify(await round(JSON.parse(process.argv[2] ?? ''))));
