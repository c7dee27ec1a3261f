import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, Orchestrator, type Workflow, workflowFromData } from '../../src/index.js';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';

const PROCESS = { pid: 4711, startTime: '123', bootId: 'b' };

describe('resuming a run', () => {
  it('does not run again what finished, and has its outputs; settles what ran; goes on with what waited', async () => {
    const rig = await EngineRig.open();
    const workflow = sketch({
      a: {},
      b: { needs: ['a'], with: { id: { $output: 'a.id' }, name: { $input: 'name' } } },
      c: { needs: ['b'] },
    });
    await rig.start(workflow, { input: { name: 'wuji' } });
    (await rig.runner.started('a')).succeed({ id: 7 });
    await rig.runner.started('b');
    await rig.restart();

    const run = await rig.orchestrator.resume('r');
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'succeeded', output: { id: 7 } });
    (await rig.runner.started('b')).interrupted();
    const again = await rig.runner.started('b', 2);
    expect([again.attempt, again.adopted, again.given.with]).toEqual([
      2,
      false,
      { id: 7, name: 'wuji' },
    ]);
    again.succeed('b');
    (await rig.runner.started('c')).succeed('c');
    expect((await run.result).outputs).toEqual({ a: { id: 7 }, b: 'b', c: 'c' });
    expect(rig.runner.order).toEqual(['b', 'b', 'c']);
    expect((await rig.story()).slice(4)).toEqual([
      'resumed',
      'interrupted b retry',
      'started b 2',
      'succeeded b',
      'started c 1',
      'succeeded c',
      'finished succeeded',
    ]);
  });

  it('gives the run that is live', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    expect(await rig.orchestrator.resume('r')).toBe(run);
    expect(await rig.story()).not.toContain('resumed');
  });

  it('keeps the names a task knows itself by: key, cookie, trace', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: { retry: { maximumAttempts: 2 } } }));
    const { given: first } = await rig.runner.started('a');
    await rig.restart();
    await rig.orchestrator.resume('r');
    const adopted = await rig.runner.started('a');
    for (const name of ['key', 'cookie', 'traceparent', 'dir', 'run'] as const)
      expect(adopted.given[name]).toBe(first[name]);
    adopted.interrupted();
    const { given: second } = await rig.runner.started('a', 2);
    expect(second.key).toBe(first.key);
    expect(second.cookie).not.toBe(first.cookie);
  });

  it('hands over the process that the journal knows, and takes its end as the attempt’s', async () => {
    const rig = await EngineRig.open();
    const first = await rig.start(sketch({ a: {} }));
    (await rig.runner.started('a')).spawn(PROCESS);
    await rig.spawnedOnDisk();
    await eventOf(first, 'task.spawned');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const a = await rig.runner.started('a');
    expect([a.adopted, a.process]).toEqual([true, PROCESS]);
    a.spawn(PROCESS);
    await quiet();
    a.succeed('it lived');
    expect((await run.result).outputs).toEqual({ a: 'it lived' });
    expect((await rig.story()).filter((line) => line === 'spawned a')).toHaveLength(1);
  });

  it('journals a process that only its cookie could find', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }));
    await rig.runner.started('a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).spawn(PROCESS);
    await rig.spawnedOnDisk();
    expect(await eventOf(run, 'task.spawned')).toMatchObject(PROCESS);
  });

  it.each([
    ['retry', ['interrupted a retry', 'started a 2']],
    ['hold', ['interrupted a hold']],
    ['fail', ['failed a NUFLOW_INTERRUPTED', 'upstreamFailed b', 'finished failed']],
  ] as const)(
    'settles what ended without an outcome by onInterrupted: %s',
    async (onInterrupted, story) => {
      const rig = await EngineRig.open();
      await rig.start(sketch({ a: { onInterrupted }, b: { needs: ['a'] } }));
      await rig.runner.started('a');
      await rig.restart();
      const run = await rig.orchestrator.resume('r');
      (await rig.runner.started('a')).interrupted();
      if (onInterrupted === 'fail') await run.result;
      else await eventOf(run, 'task.interrupted');
      if (onInterrupted === 'retry') await rig.runner.started('a', 2);
      expect((await rig.story()).slice(3)).toEqual(story);
      if (onInterrupted === 'hold') expect(run.waitsForDecision).toBe(true);
    },
  );

  it('does not count an interruption as a failure', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: { retry: { maximumAttempts: 2, initialInterval: '2s' } } }));
    await rig.runner.started('a');
    for (let restart = 0; restart < 3; restart++) {
      await rig.restart();
      await rig.orchestrator.resume('r');
      (await rig.runner.started('a')).interrupted();
      await rig.runner.started('a', 2);
    }
    (await rig.runner.started('a', 2)).fail();
    await rig.clock.pass(2_000);
    (await rig.runner.started('a', 3)).succeed();
    expect((await rig.orchestrator.get('r')?.result)?.status).toBe('succeeded');
  });

  it('interrupts at once what its runner can not take over', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.fn('a', { run: ({ attempt }) => (attempt === 1 ? new Promise(() => {}) : attempt) }),
      }),
    });
    const first = await rig.orchestrator.start(workflow, { id: 'r' });
    await eventOf(first, 'task.started');
    await rig.restart({ workflows: [workflow] });
    const run = await rig.orchestrator.resume('r');
    expect((await run.result).outputs).toEqual({ a: 2 });
  });

  it('takes slots for what it took over before anything new starts', async () => {
    const rig = await EngineRig.open({ concurrency: 2 });
    await rig.start(sketch({ a: {}, b: {}, c: {} }));
    await rig.runner.atWork(2);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const [first, second] = await rig.runner.atWork(2);
    await eventOf(run, 'run.resumed');
    await quiet();
    expect(rig.runner.order).toEqual(['a', 'b']);
    first?.succeed();
    const c = await rig.runner.started('c');
    second?.succeed();
    c.succeed();
    expect((await run.result).status).toBe('succeeded');
  });

  it('settles a run that was over but for its last records', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    (await rig.runner.started('a')).fail();
    await run.result;
    const path = rig.journalPath();
    const lines = readFileSync(path, 'utf8').split('\n');
    await rig.orchestrator.close();
    writeFileSync(path, `${lines.slice(0, 3).join('\n')}\n`); // up to a's failure
    await rig.restart();
    // What the index knew of the run has gone with its end: only its journal counts.
    const resumed = await rig.orchestrator.resume('r');
    expect((await resumed.result).status).toBe('failed');
    expect((await rig.story()).slice(3)).toEqual([
      'resumed',
      'upstreamFailed b',
      'finished failed',
    ]);
  });

  it('opens a finished run to be looked at, without its source, its runner or its pool', async () => {
    const rig = await EngineRig.open({ pools: { cloud: { concurrency: 1 } } });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ a: t.fn('a', { pool: 'cloud', run: () => 'done' }) }),
    });
    await (await rig.orchestrator.start(workflow, { id: 'r' })).result;
    await rig.restart({ pools: {} });
    const before = await rig.records();
    const run = await rig.orchestrator.resume('r');
    expect((await run.result).outputs).toEqual({ a: 'done' });
    const events = [];
    for await (const event of run.events()) events.push(event);
    expect(events).toEqual(before);
    await run.cancel();
    expect(await rig.records()).toEqual(before);
  });
});

describe('the definition a run is resumed with', () => {
  it('is in the journal when it is plain data', async () => {
    const rig = await EngineRig.open();
    const workflow = workflowFromData({
      name: 'w',
      input: { type: 'object' },
      outputs: { greeting: 'hello' },
      tasks: [
        { id: 'wait', runner: 'test' },
        {
          id: 'hello',
          needs: ['wait'],
          shell: { command: 'echo', args: [{ $input: 'name' }] },
          retry: { maximumAttempts: 2 },
        },
        {
          id: 'checked',
          needs: ['hello'],
          runner: 'test',
          output: { type: 'object', required: ['id'] },
        },
      ],
    });
    expect(workflow.portable).toBe(true);
    await rig.start(workflow, { input: { name: 'wuji' } });
    await rig.runner.started('wait');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('wait')).succeed();
    (await rig.runner.started('checked')).succeed({});
    const { outputs, failures } = await run.result;
    expect(outputs).toMatchObject({ greeting: { stdout: 'wuji\n' } });
    expect(failures).toMatchObject([{ task: 'checked', error: { code: 'NUFLOW_OUTPUT_INVALID' } }]);
  });

  it('is in the journal when the builder was given only data and schemas that data can say', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const a = t.task('a', { runner: 'test', output: z.object({ n: z.number() }) });
        return { b: t.task('b', { runner: 'test', needs: [a], with: { n: { $output: 'a.n' } } }) };
      },
    });
    expect(workflow.portable).toBe(true);
    await rig.orchestrator.start(workflow, { id: 'r' });
    await rig.runner.started('a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).succeed({ n: 7 });
    const b = await rig.runner.started('b');
    expect(b.given.with).toEqual({ n: 7 });
    b.succeed('b');
    expect((await run.result).outputs).toEqual({ b: 'b' });
  });

  const withFunctions = (text: string) =>
    defineWorkflow('functional', {
      tasks: (t) => {
        const a = t.task('a', { runner: 'test' });
        return {
          b: t.fn('b', {
            needs: { a },
            run: text === 'old' ? ({ needs }) => needs.a : () => 'new',
          }),
        };
      },
    }) as Workflow<never, unknown>;

  async function interrupted() {
    const rig = await EngineRig.open();
    await rig.orchestrator.start(withFunctions('old') as Workflow, { id: 'r' });
    await rig.runner.started('a');
    return rig;
  }

  it('is asked for when it holds functions', async () => {
    const rig = await interrupted();
    await rig.restart();
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject({
      name: 'WorkflowNotRegisteredError',
      code: 'NUFLOW_WORKFLOW_NOT_REGISTERED',
      details: { run: 'r', workflow: 'functional' },
    });
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect(await rig.story()).toEqual(['started', 'started a 1']);
  });

  it.each(['to open', 'to resume'])('is given %s', async (where) => {
    const rig = await interrupted();
    const workflow = withFunctions('old');
    await rig.restart(where === 'to open' ? { workflows: [workflow] } : {});
    const run = await rig.orchestrator.resume('r', where === 'to open' ? {} : { workflow });
    (await rig.runner.started('a')).succeed('from a');
    expect((await run.result).outputs).toEqual({ b: 'from a' });
  });

  it('is refused when it changed, with the list of tasks', async () => {
    const rig = await interrupted();
    await rig.restart({ workflows: [withFunctions('new')] });
    const refused = expect.objectContaining({
      code: 'NUFLOW_DEFINITION_CHANGED',
      changed: [{ task: 'b', change: 'changed' }],
      message: expect.stringContaining('"b" changed'),
    });
    await expect(rig.orchestrator.resume('r')).rejects.toEqual(refused);
    expect(await rig.orchestrator.resumeAll()).toEqual({
      runs: [],
      refused: [{ id: 'r', error: refused }],
    });
    expect(await rig.story()).toEqual(['started', 'started a 1']);
    const run = await rig.orchestrator.resume('r', { workflow: withFunctions('old') });
    (await rig.runner.started('a')).succeed('from a');
    expect((await run.result).status).toBe('succeeded');
  });

  it('is refused when it is of another workflow', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }));
    await rig.runner.started('a');
    await rig.restart();
    const workflow = sketch({ a: {} }, { name: 'other' });
    await expect(rig.orchestrator.resume('r', { workflow })).rejects.toMatchObject({
      code: 'NUFLOW_RUN_CONFLICT',
      details: { what: 'workflow' },
    });
  });

  it('is refused when its runner or its pool is gone', async () => {
    const rig = await EngineRig.open({ pools: { cloud: { concurrency: 1 } } });
    await rig.start(sketch({ a: { pool: 'cloud' } }));
    await rig.runner.started('a');
    await rig.restart({ pools: {} });
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_DEFINITION',
    });
    expect(await rig.story()).toEqual(['started', 'started a 1']);
  });

  it('keeps the run’s own onFailure and timeout', async () => {
    const rig = await EngineRig.open();
    const workflow = sketch({ a: {}, b: {} });
    await rig.start(workflow, { onFailure: 'finish', timeout: '1h' });
    await rig.runner.atWork(2);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).fail();
    (await rig.runner.started('b')).interrupted();
    expect((await run.result).status).toBe('failed');
    expect(statuses(run)).toEqual({ a: 'failed', b: 'skipped' });
  });
});

describe('resuming all runs', () => {
  it('resumes the unfinished ones, oldest first, and refuses those it can’t, untouched', async () => {
    const rig = await EngineRig.open();
    const functional = defineWorkflow('functional', {
      tasks: (t) => ({ a: t.fn('a', { run: () => new Promise(() => {}) }) }),
    });
    await rig.start(sketch({ a: {} }), { id: 'ok-1' });
    rig.clock.move(1);
    const damagedRun = await rig.start(sketch({ first: {}, last: { needs: ['first'] } }), {
      id: 'damaged',
    });
    (await rig.runner.started('first')).succeed();
    await eventOf(damagedRun, 'task.started', 'last');
    rig.clock.move(1);
    await rig.orchestrator.start(functional, { id: 'functional' });
    rig.clock.move(1);
    await rig.start(sketch({}), { id: 'finished' });
    await rig.start(sketch({ a: {} }), { id: 'ok-2' });
    await rig.runner.atWork(3);
    await rig.orchestrator.close({ mode: 'detach' });
    const damaged = readFileSync(rig.journalPath('damaged'), 'utf8').replace('sketch', 'SKETCH');
    writeFileSync(rig.journalPath('damaged'), damaged);
    await rig.restart();

    const { runs, refused } = await rig.orchestrator.resumeAll();
    expect(runs.map(({ id }) => id)).toEqual(['ok-1', 'ok-2']);
    expect(refused).toEqual([
      {
        id: 'damaged',
        error: expect.objectContaining({ code: 'NUFLOW_JOURNAL_DAMAGED', line: 1 }),
      },
      {
        id: 'functional',
        error: expect.objectContaining({ code: 'NUFLOW_WORKFLOW_NOT_REGISTERED' }),
      },
    ]);
    expect(readFileSync(rig.journalPath('damaged'), 'utf8')).toBe(damaged);
    for (const attempt of await rig.runner.atWork(2)) attempt.succeed();
    expect((await Promise.all(runs.map((run) => run.result))).map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
    ]);
    expect(await rig.orchestrator.resumeAll()).toMatchObject({ runs: [], refused: { length: 2 } });
  });

  it('shows a damaged run in the list, with what can be said of it', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    (await rig.runner.started('a')).succeed();
    await eventOf(run, 'task.started', 'b');
    await rig.orchestrator.close({ mode: 'detach' });
    writeFileSync(
      rig.journalPath(),
      readFileSync(rig.journalPath(), 'utf8').replace('sketch', 'SKETCH'),
    );
    await rig.restart();
    expect(await rig.orchestrator.list()).toMatchObject([
      { id: 'r', status: 'damaged', tasks: { total: 0, done: 0, failed: 0 } },
    ]);
    await expect(rig.orchestrator.cancel('r')).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_DAMAGED',
    });
  });

  it('repairs a torn end, and goes on from the last whole record', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }));
    await rig.runner.started('a');
    await rig.orchestrator.close({ mode: 'detach' });
    appendFileSync(rig.journalPath(), '{"seq":3,"at":"2026-01-');
    await rig.restart();
    const { runs } = await rig.orchestrator.resumeAll();
    (await rig.runner.started('a')).succeed();
    expect((await runs[0]?.result)?.status).toBe('succeeded');
    expect(await rig.story()).toEqual([
      'started',
      'started a 1',
      'resumed',
      'succeeded a',
      'finished succeeded',
    ]);
  });

  it('resumes a run that stopped because its journal could not be written', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    a.succeed('lost');
    await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    rig.disk.heal();
    const { runs } = await rig.orchestrator.resumeAll();
    expect(runs.map(({ id }) => id)).toEqual(['r']);
    expect(runs[0]).not.toBe(run);
  });

  it('leaves the directory usable when nothing can be resumed', async () => {
    const rig = await EngineRig.open();
    expect(await rig.orchestrator.resumeAll()).toEqual({ runs: [], refused: [] });
    await rig.orchestrator.close();
    const other = await Orchestrator.open({ dataDir: rig.dataDir });
    await other.close();
  });
});
