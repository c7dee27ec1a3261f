import { dirname } from 'node:path';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { RecordDraft, TaskError } from '../../src/journal/records/record.js';
import type { Platform } from '../../src/platform/platform.js';
import { DRAFTS, Notes, platform, STARTED } from './rig.js';

/** Facts of a run, in batches: what is in one batch shares a sync. */
export type Session = readonly (readonly RecordDraft[])[];

/** A run in which everything goes well, all of it in one sync, so that no record says what was synced. */
export const SMALL: Session = [DRAFTS];

const error: TaskError = { code: 'disk::full', message: 'no room', exitCode: 4 };
const started = (task: string, attempt = 1): RecordDraft => ({
  type: 'task.started',
  task,
  attempt,
});

const troubled: RecordDraft[] = [
  {
    ...(STARTED as Extract<RecordDraft, { type: 'run.started' }>),
    workflow: {
      name: 'cluster',
      tasks: ['a', 'b', 'c'].map((id) => ({ id, runner: 'nu', needs: [], with: {} })),
    },
  },
  started('a'),
  started('b'),
  {
    type: 'task.retryScheduled',
    task: 'a',
    attempt: 1,
    error,
    retryAt: '2026-01-02T03:04:07.000Z',
  },
  { type: 'task.interrupted', task: 'b', attempt: 1, next: 'retry' },
  { type: 'run.resumed', pid: 4711 },
  started('b', 2),
  { type: 'run.cancelRequested', reason: 'requested' },
  { type: 'task.failed', task: 'a', attempt: 1, error },
  { type: 'task.cancelled', task: 'b', attempt: 2, reason: 'requested' },
  { type: 'task.cancelled', task: 'c', reason: 'requested' },
  { type: 'run.finished', status: 'cancelled' },
];

/** A run with retries, an interruption and a cancellation, in a few syncs. */
export const TROUBLED: Session = [troubled.slice(0, 5), troubled.slice(5, 9), troubled.slice(9)];

/** The same with a sync for almost every record: nearly every line says what was on disk before it. */
export const CLAIMING: Session = [
  ...troubled.slice(0, 9).map((draft) => [draft]),
  troubled.slice(9),
];

/** Writes a session with the real journal, into a folder that it makes; the clock goes on a second a record. */
export async function writeSession(using: Platform, path: string, session: Session): Promise<void> {
  let now = Date.parse('2026-01-02T03:04:05.678Z');
  const clock = { ...platform.clock, now: () => (now += 1000) };
  await using.fileSystem.makeDir(dirname(path));
  const journal = await FileJournal.create({ ...using, clock }, path, new Notes());
  for (const batch of session) {
    for (const draft of batch) journal.append(draft);
    await journal.flush();
  }
  await journal.close();
}
