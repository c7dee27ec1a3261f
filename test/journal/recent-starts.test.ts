import { beforeEach, describe, expect, it } from 'vitest';
import { recentStarts } from '../../src/journal/catalog/recent-starts.js';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import type { RunSummary } from '../../src/journal/records/summary.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { AT, Notes, platformWith, STARTED } from './rig.js';

const NOW = Date.parse(AT);
const MINUTE = new Map([['cloud', 60_000]]);

let fileSystem: MemoryFileSystem;
let dir: DataDir;
beforeEach(() => {
  fileSystem = new MemoryFileSystem();
  dir = new DataDir(fileSystem, '/data');
});

const task = (id: string, pool?: string) => ({ id, runner: 'fn', needs: [], with: {}, pool });
const start = (id: string): RecordDraft => ({ type: 'task.started', task: id, attempt: 1 });

/** A run whose tasks all started at NOW. */
async function run(id: string, tasks: readonly ReturnType<typeof task>[]): Promise<RunSummary> {
  await fileSystem.makeDir('/data/runs');
  const platform = platformWith(fileSystem);
  const journal = await FileJournal.create(platform, dir.journalPath(id), new Notes());
  journal.append({ ...STARTED, run: id, workflow: { name: 'w', tasks } } as RecordDraft);
  for (const { id } of tasks) journal.append(start(id));
  await journal.flush();
  await journal.close();
  return { id } as RunSummary;
}

const agesAt = (now: number, runs: readonly RunSummary[], pools = MINUTE) =>
  recentStarts(dir, runs, pools, now);

describe('the recent starts of a data directory', () => {
  it('are those of tasks in pools with a rate, of all runs', async () => {
    const one = await run('one', [task('a', 'cloud'), task('b', 'other'), task('c')]);
    const two = await run('two', [task('a', 'cloud'), task('b', 'cloud')]);
    const none = await run('none', [task('a')]);
    expect(await agesAt(NOW + 5_000, [one, two, none])).toEqual(
      new Map([['cloud', [5_000, 5_000, 5_000]]]),
    );
  });

  it('end with the interval of their pool, and are none of the future', async () => {
    const one = await run('one', [task('a', 'cloud')]);
    expect(await agesAt(NOW + 59_999, [one])).toEqual(new Map([['cloud', [59_999]]]));
    expect(await agesAt(NOW + 60_000, [one])).toEqual(new Map());
    expect(await agesAt(NOW - 60_000, [one])).toEqual(new Map([['cloud', [0]]]));
  });

  it('are not looked for in runs that ended before', async () => {
    const one = await run('one', [task('a', 'cloud')]);
    const ended = (ms: number) => ({ ...one, endedAt: new Date(NOW + ms).toISOString() });
    expect(await agesAt(NOW + 30_000, [ended(0)])).toEqual(new Map([['cloud', [30_000]]]));
    expect(await agesAt(NOW + 30_000, [ended(-30_001)])).toEqual(new Map());
  });

  it('are those of the other runs when a journal can not be read', async () => {
    const one = await run('one', [task('a', 'cloud')]);
    fileSystem.put('/data/runs/bad/journal.ndjson', 'not a journal\nat all\n');
    const [bad, gone] = [{ id: 'bad' }, { id: 'gone' }] as RunSummary[];
    expect(await agesAt(NOW, [bad, gone, one] as RunSummary[])).toEqual(new Map([['cloud', [0]]]));
  });
});
