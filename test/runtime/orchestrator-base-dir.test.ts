import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { workflowFromData } from '../../src/definition/data.js';
import type { WorkflowSpec } from '../../src/definition/spec.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { systemPlatform } from '../../src/platform/platform.js';
import { findNushell } from '../../src/runners/index.js';
import { EngineRig, sketch } from '../support/engine-rig.js';

const two = sketch({ a: {}, b: { needs: ['a'] } });
const ignore = { durable() {}, failed() {} };

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'nuflow-base-')));
  for (const name of ['A', 'B']) mkdirSync(at(name));
  const before = process.cwd();
  onTestFinished(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
});

/** A run that was started in a base directory and whose first task has begun. */
async function begun(baseDir: string | undefined): Promise<EngineRig> {
  const rig = await EngineRig.open({ baseDir });
  await rig.start(two);
  await rig.runner.started('a');
  return rig;
}

/** Base directories that the attempts of `task` were given. */
const basesOf = (rig: EngineRig, task: string): string[] =>
  rig.runner.of(task).map(({ given }) => given.baseDir);

describe('the base directory of a run', () => {
  it('is recorded without symbolic links', async () => {
    symlinkSync(at('A'), at('link'));
    const rig = await begun(at('link'));
    expect((await rig.records())[0]).toMatchObject({ type: 'run.started', baseDir: at('A') });
    expect(basesOf(rig, 'a')).toEqual([at('A')]);
  });

  it('stays the same when the run is resumed by a process that stands elsewhere', async () => {
    process.chdir(at('A'));
    const rig = await begun(undefined);
    for (const how of ['resume', 'resumeAll', 'start'] as const) {
      process.chdir(at('B'));
      await rig.restart();
      if (how === 'resume') await rig.orchestrator.resume('r');
      else if (how === 'start') await rig.start(two);
      else expect((await rig.orchestrator.resumeAll()).refused).toEqual([]);
      await rig.runner.started('a');
      expect(basesOf(rig, 'a')).toEqual([at('A')]);
    }
    (await rig.runner.started('a')).succeed();
    await rig.runner.started('b');
    expect(basesOf(rig, 'b')).toEqual([at('A')]);
    await rig.start(two, { id: 'new' });
    await rig.runner.started('a', 2);
    expect(rig.runner.of('a')[1]?.given.baseDir).toBe(at('B'));
  });

  it.each([
    ['removed', () => rmSync(at('A'), { recursive: true })],
    ['renamed', () => renameSync(at('A'), at('C'))],
    [
      'replaced by a link to nowhere',
      () => {
        rmSync(at('A'), { recursive: true });
        symlinkSync(at('nowhere'), at('A'));
      },
    ],
  ])('that was %s refuses the run, and both are named; others go on', async (_, remove) => {
    process.chdir(at('A'));
    const rig = await begun(undefined);
    process.chdir(at('B'));
    await rig.restart();
    await rig.start(two, { id: 'other' });
    await rig.restart();
    remove();
    const refusal = {
      code: 'NUFLOW_BASE_DIR',
      message: expect.stringContaining(at('B')),
      details: { run: 'r', recorded: at('A'), current: at('B') },
    };
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(refusal);
    const before = await rig.story();
    const { runs, refused } = await rig.orchestrator.resumeAll();
    expect(runs.map(({ id }) => id)).toEqual(['other']);
    expect(refused).toMatchObject([{ id: 'r', error: refusal }]);
    expect(rig.orchestrator.stopped()).toMatchObject([{ run: 'r', code: 'NUFLOW_BASE_DIR' }]);
    expect(await rig.story()).toEqual(before);
  });

  it('may be a link to where it was moved', async () => {
    const rig = await begun(at('A'));
    renameSync(at('A'), at('C'));
    symlinkSync(at('C'), at('A'));
    await rig.restart({ baseDir: undefined });
    await rig.orchestrator.resume('r');
    await rig.runner.started('a');
    expect(basesOf(rig, 'a')).toEqual([at('A')]);
  });

  it('stays the same when the orchestrator is opened with another one for new runs', async () => {
    const rig = await begun(at('A'));
    await rig.restart({ baseDir: at('B') });
    await rig.orchestrator.resume('r');
    await rig.runner.started('a');
    expect(basesOf(rig, 'a')).toEqual([at('A')]);
  });

  it('that differs from the one that was named refuses a start with the id of the run, and both are named', async () => {
    const rig = await begun(at('A'));
    await rig.restart({ baseDir: at('B') });
    const refusal = {
      code: 'NUFLOW_BASE_DIR',
      details: { run: 'r', recorded: at('A'), current: at('B') },
    };
    await expect(rig.start(two)).rejects.toMatchObject(refusal);
    symlinkSync(at('A'), at('link'));
    await rig.restart({ baseDir: at('link') });
    await rig.start(two);
    await rig.runner.started('a');
  });

  it('is not needed to cancel the run, nor to look at it when it has ended', async () => {
    const rig = await begun(at('A'));
    await rig.start(two, { id: 'cancelled' });
    (await rig.runner.started('a')).succeed();
    (await rig.runner.started('b')).succeed();
    await rig.orchestrator.get('r')?.ended;
    rmSync(at('A'), { recursive: true });
    await rig.restart({ baseDir: undefined });
    rig.runner.onStart = (attempt) => attempt.interrupted();
    await rig.orchestrator.cancel('cancelled');
    expect((await rig.orchestrator.inspect('cancelled')).status).toBe('cancelled');
    expect((await rig.orchestrator.resume('r')).snapshot().status).toBe('succeeded');
  });

  it('is the orchestrator’s for a journal of an earlier version', async () => {
    const rig = await EngineRig.open({ baseDir: at('B') });
    const workflow = workflowFromData({
      name: 'w',
      tasks: [{ id: 'a', runner: 'test', needs: [], with: {} }],
    }).spec as WorkflowSpec;
    const journal = await FileJournal.create(systemPlatform, rig.journalPath(), ignore);
    const traceId = '0123456789abcdef0123456789abcdef';
    const options = { input: null, onFailure: 'continue', traceId } as const;
    journal.append({ type: 'run.started', format: 1, run: 'r', workflow, ...options });
    await journal.close();
    await rig.orchestrator.resume('r');
    await rig.runner.started('a');
    expect(basesOf(rig, 'a')).toEqual([at('B')]);
  });

  it('that is not there when a run is to start refuses it', async () => {
    const rig = await EngineRig.open({ baseDir: at('nowhere') });
    const refusal = { code: 'NUFLOW_BASE_DIR', message: expect.stringContaining(at('nowhere')) };
    await expect(rig.start(two)).rejects.toMatchObject(refusal);
    expect(await rig.orchestrator.list()).toEqual([]);
    mkdirSync(at('nowhere'));
    await rig.start(two);
  });

  it('is where a Nushell of its own is looked for', async () => {
    const nushell = { binary: './nu' };
    for (const name of ['A', 'B']) symlinkSync(findNushell(), at(`${name}/nu`));
    process.chdir(at('A'));
    const rig = await EngineRig.open({ nushell });
    const workflow = workflowFromData({
      name: 'w',
      tasks: [
        { id: 'first', runner: 'test', needs: [], with: {} },
        {
          id: 'where',
          runner: 'nu',
          needs: ['first'],
          with: { code: '[$nu.current-exe $env.PWD]' },
        },
      ],
      outputs: { where: 'where' },
    });
    await rig.start(workflow as never);
    process.chdir(at('B'));
    rmSync(at('B/nu'));
    await rig.restart({ nushell });
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('first')).succeed();
    const { status, outputs } = await run.result;
    expect([status, outputs.where]).toEqual(['succeeded', [expect.any(String), at('A')]]);
  });
});

describe('a working directory that was removed', () => {
  it('is said with a code where a relative path needs it', async () => {
    process.chdir(at('A'));
    rmSync(at('A'), { recursive: true });
    const refusal = { code: 'NUFLOW_WORKING_DIR' };
    await expect(EngineRig.open({ dataDir: 'data' })).rejects.toMatchObject(refusal);
    await expect(EngineRig.open({})).rejects.toMatchObject(refusal);
    const rig = await EngineRig.open({ baseDir: at('B') });
    await rig.start(two);
    await rig.runner.started('a');
  });
});
