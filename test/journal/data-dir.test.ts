import { beforeEach, describe, expect, it } from 'vitest';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { FaultyFileSystem, systemError } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { NAUGHTY_STRINGS } from '../support/naughty-strings.js';
import { collect, DRAFTS, linesOf, Notes, platformWith, STARTED } from './rig.js';

describe('making a data directory', () => {
  /** A file system whose root is there, durably. */
  const empty = (): MemoryFileSystem => new MemoryFileSystem();

  it('makes what is missing around it, each name durable', async () => {
    const fileSystem = empty();
    await DataDir.make(fileSystem, '/srv/jobs/.nuflow');
    const left = fileSystem.afterPowerCut();
    expect(await left.list('/srv/jobs/.nuflow')).toEqual(['runs']);
  });

  it('takes what is there as it is', async () => {
    const fileSystem = empty();
    const dir = await DataDir.make(fileSystem, '/data');
    fileSystem.put(dir.journalPath('one'), 'x');
    const again = await DataDir.make(fileSystem, '/data');
    expect(await again.runs()).toEqual(['one']);
  });

  it.each([
    ['index.json', '{}'],
    ['reserve', 'tables'],
    ['lock', 'yarn'],
    ['index.json', '{}', 'lockfile.json'],
  ])(
    'refuses the directory of something else that has a file %s',
    async (name, text, beside = 'readme') => {
      const fileSystem = empty();
      fileSystem.put(`/project/${name}`, text);
      fileSystem.put(`/project/${beside}`, '');
      const making = DataDir.make(fileSystem, '/project');
      await expect(making).rejects.toThrow(`its ${name} would be written over`);
      expect(await fileSystem.list('/project')).toEqual([name, beside]);
    },
  );

  it.each(['', '{"pid":7,'])(
    'takes one of ours from which the runs were removed, whose lock is %j',
    async (lock) => {
      const fileSystem = empty();
      fileSystem.put('/data/lock', lock);
      fileSystem.put('/data/index.json', '{}');
      await DataDir.make(fileSystem, '/data');
      expect(await fileSystem.list('/data/runs')).toEqual([]);
    },
  );

  it('makes durable what another process made and did not live to sync', async () => {
    const fileSystem = empty();
    await fileSystem.makeDir('/data/runs');
    expect(await fileSystem.afterPowerCut().list('/data')).toEqual([]);
    await DataDir.make(fileSystem, '/data');
    expect(await fileSystem.afterPowerCut().list('/data')).toEqual(['runs']);
  });

  it('makes durable what several processes made one after another, none of which lived to sync it', async () => {
    const fileSystem = empty();
    await fileSystem.makeDir('/home');
    await fileSystem.makeDir('/home/me');
    await DataDir.make(fileSystem, '/home/me/data');
    expect(await fileSystem.afterPowerCut().list('/home/me/data')).toEqual(['runs']);
  });

  it('holds from the first record on: a power cut at any moment leaves all or nothing of a run', async () => {
    const fileSystem = empty();
    const dir = await DataDir.make(fileSystem, '/a/b/data');
    const path = dir.journalPath('create-wuji');
    const journal = await FileJournal.create(platformWith(fileSystem), path, new Notes());
    journal.append(STARTED);
    await journal.flush();
    const left = new DataDir(fileSystem.afterPowerCut(), dir.path);
    expect(await left.firstRecord('create-wuji')).toMatchObject({
      record: { type: 'run.started' },
    });
    await journal.close();
  });

  it('does not mind a folder around it that it may not open, when it need not make anything there', async () => {
    for (const code of ['EACCES', 'EPERM']) {
      const fileSystem = new FaultyFileSystem(empty());
      await fileSystem.makeDir('/strict/data');
      fileSystem.fail('syncDir', '/strict', code);
      await DataDir.make(fileSystem, '/strict/data');
      await expect(DataDir.make(fileSystem, '/strict/other')).rejects.toMatchObject({ code });
    }
  });

  it('does not pass over any other failure to sync the folder around it', async () => {
    const fileSystem = new FaultyFileSystem(empty());
    await fileSystem.makeDir('/around/data/runs');
    fileSystem.fail('syncDir', '/around', 'EIO');
    await expect(DataDir.make(fileSystem, '/around/data')).rejects.toMatchObject({ code: 'EIO' });
  });

  it.each(['makeNewDir', 'syncDir'] as const)('says so when a %s fails', async (operation) => {
    const fileSystem = new FaultyFileSystem(empty());
    await fileSystem.makeDir('/around');
    fileSystem.fail(operation, '', 'EIO');
    await expect(DataDir.make(fileSystem, '/around/data')).rejects.toMatchObject({ code: 'EIO' });
  });

  it('ends when not even the root is there', async () => {
    const fileSystem = Object.assign(empty(), {
      makeNewDir: () => Promise.reject(systemError('ENOENT')),
    });
    await expect(DataDir.make(fileSystem, '/data')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('places in a data directory', () => {
  const dir = new DataDir(new MemoryFileSystem(), '/data');

  it('are those that docs/journal-format.md names', () => {
    expect([dir.lockPath, dir.indexPath, dir.journalPath('one')]).toEqual([
      '/data/lock',
      '/data/index.json',
      '/data/runs/one/journal.ndjson',
    ]);
    expect(dir.attemptDir('one', 6, 'Create Server!', 2)).toBe(
      '/data/runs/one/tasks/0007-create-server/2',
    );
  });

  it.each(['', '.', '..', '.hidden', 'a/b', '../x', 'a\0', 'ä', 'a b', 'x'.repeat(129), '-\n'])(
    'are not to be had for the run id %j',
    (run) => {
      expect(() => dir.journalPath(run)).toThrow(
        expect.objectContaining({ code: 'NUFLOW_INVALID_RUN_ID' }),
      );
    },
  );

  it.each(['a', '-', '_x', 'A.b-c_9', '...'.padStart(4, 'x'), 'x'.repeat(128)])(
    'are to be had for the run id %j',
    (run) => {
      expect(dir.journalPath(run)).toBe(`/data/runs/${run}/journal.ndjson`);
    },
  );

  it('never hold anything of a task id but letters, digits and hyphens', () => {
    for (const task of NAUGHTY_STRINGS)
      expect(dir.attemptDir('one', 12_344, task, 1)).toMatch(
        /^\/data\/runs\/one\/tasks\/12345(-[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?)?\/1$/,
      );
  });
});

describe('looking at runs', () => {
  let fileSystem: MemoryFileSystem;
  let dir: DataDir;
  beforeEach(() => {
    fileSystem = new MemoryFileSystem();
    dir = new DataDir(fileSystem, '/data');
    fileSystem.put(dir.journalPath('one'), linesOf(DRAFTS).join(''));
    fileSystem.put(dir.journalPath('empty'), '');
    fileSystem.put(dir.journalPath('torn'), linesOf(DRAFTS)[0]?.slice(0, 40) ?? '');
  });

  it('lists what has a folder, and nothing that could not be a run', async () => {
    fileSystem.put('/data/runs/.DS_Store', '');
    fileSystem.put('/data/runs/not a run/journal.ndjson', '');
    expect((await dir.runs()).sort()).toEqual(['empty', 'one', 'torn']);
  });

  it('gives the first record, its state and its records', async () => {
    fileSystem.put(dir.journalPath('create-wuji'), linesOf(DRAFTS).join(''));
    expect(await dir.firstRecord('create-wuji')).toMatchObject({
      record: { seq: 1, run: 'create-wuji' },
      end: { seq: 1 },
    });
    expect(await dir.readState('create-wuji')).toMatchObject({ seq: 4 });
    expect((await collect(dir.records('one'))).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect((await collect(dir.records('one', 4))).map(({ seq }) => seq)).toEqual([4]);
  });

  it('refuses the journal of another run', async () => {
    const refusal = {
      code: 'NUFLOW_RUN_FOLDER',
      details: { run: 'one', recorded: 'create-wuji', file: dir.journalPath('one') },
    };
    await expect(dir.firstRecord('one')).rejects.toMatchObject(refusal);
    await expect(dir.readState('one')).rejects.toMatchObject(refusal);
  });

  it.each(['none', 'empty', 'torn'])('finds no run in %s', async (run) => {
    expect(await dir.firstRecord(run)).toBeUndefined();
    await expect(dir.readState(run)).rejects.toMatchObject({ code: 'NUFLOW_RUN_NOT_FOUND' });
  });

  it('gives no records of a run that is not there', async () => {
    for (const run of ['none', 'empty'])
      await expect(collect(dir.records(run))).rejects.toMatchObject({
        code: 'NUFLOW_RUN_NOT_FOUND',
      });
  });

  it('takes no first record that is not run.started', async () => {
    fileSystem.put(dir.journalPath('odd'), linesOf([{ type: 'run.resumed', pid: 1 }]).join(''));
    expect(await dir.firstRecord('odd')).toBeUndefined();
  });
});
