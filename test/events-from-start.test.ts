import { describe, expect, it } from 'vitest';
import { defineWorkflow, isRecord, type Run, type RunEvent } from '../src/index.js';
import { EngineRig, eventOf, quiet, sketch } from './support/engine-rig.js';

/** Listens at once, as a program does in the line behind `await start()`. */
function heard(run: Run): RunEvent[] {
  const events: RunEvent[] = [];
  run.on('*', (event) => events.push(event));
  return events;
}

const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type);
const seqsOf = (events: readonly RunEvent[]): number[] =>
  events.filter(isRecord).map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const OF_ONE_TASK = ['run.started', 'task.started', 'task.succeeded', 'run.finished'];

describe('whoever listens right after a run was opened', () => {
  it('hears all of a new run from its first record', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const events = heard(run);
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(events).toEqual(await rig.records());
    expect(typesOf(events)).toEqual(OF_ONE_TASK);
  });

  it('hears all of a run that has no tasks, or ends in its first turn, before it is told of the end', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    for (const [id, tasks] of [
      ['none', {}],
      ['one', { a: {} }],
    ] as const) {
      const run = await rig.start(sketch(tasks), { id });
      const events = heard(run);
      await run.ended;
      expect(events).toEqual(await rig.records(id));
    }
  });

  it('hears all of a long run, also what is written in its first turns', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const tasks = Object.fromEntries(upTo(3_000).map((i) => [`t${i}`, {}]));
    const run = await rig.start(sketch(tasks));
    const events = heard(run);
    await run.ended;
    expect(seqsOf(events)).toEqual(upTo(6_002));
  });

  it('hears what a function logs in its first turn', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.fn('a', {
          run: ({ log }) => {
            log('at once');
            return null;
          },
        }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const events = heard(run as Run);
    await run.ended;
    expect(typesOf(events)).toEqual([
      'run.started',
      'task.started',
      'task.output',
      'task.succeeded',
      'run.finished',
    ]);
  });

  it('is one of several, each of which hears all that it asked for', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const all = [heard(run), heard(run)];
    const started: string[] = [];
    run.on('task.started', ({ task }) => started.push(task));
    const iterated = (async () => {
      const events: RunEvent[] = [];
      for await (const event of run.events()) events.push(event);
      return events;
    })();
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(all.map(typesOf)).toEqual([OF_ONE_TASK, OF_ONE_TASK]);
    expect(started).toEqual(['a']);
    expect(typesOf(await iterated)).toEqual(OF_ONE_TASK);
  });

  it('hears all of every run that was started at the same time', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const ids = upTo(40).map((i) => `r${i}`);
    const runs = await Promise.all(ids.map((id) => rig.start(sketch({ a: {} }), { id })));
    const events = runs.map(heard);
    await Promise.all(runs.map((run) => run.ended));
    expect(events.map(typesOf)).toEqual(ids.map(() => OF_ONE_TASK));
  });

  it('hears all when two start the same run', async () => {
    const rig = await EngineRig.open();
    const [one, other] = await Promise.all([
      rig.start(sketch({ a: {} })),
      rig.start(sketch({ a: {} })),
    ]);
    const events = [heard(one), heard(other)];
    (await rig.runner.started('a')).succeed();
    await one.ended;
    expect(events.map(typesOf)).toEqual([OF_ONE_TASK, OF_ONE_TASK]);
  });

  it('hears of a run that was resumed all since then, and the iterator gives what was before', async () => {
    const rig = await EngineRig.open();
    const before = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    await eventOf(before, 'task.started');
    for (const open of [
      () => rig.orchestrator.resume('r'),
      () => rig.start(sketch({ a: {}, b: { needs: ['a'] } })),
    ]) {
      await rig.restart();
      const count = (await rig.records()).length;
      const run = await open();
      const events = heard(run);
      await rig.runner.started('a');
      expect(typesOf(events)[0]).toBe('run.resumed');
      expect(seqsOf(events)[0]).toBe(count + 1);
    }
    const run = rig.orchestrator.get('r') as Run;
    const all: RunEvent[] = [];
    const following = (async () => {
      for await (const event of run.events()) all.push(event);
    })();
    (await rig.runner.started('a')).succeed();
    (await rig.runner.started('b')).succeed();
    await following;
    expect(all).toEqual(await rig.records());
  });

  it('hears all of every run that resumeAll resumed, however long it took with the others', async () => {
    const rig = await EngineRig.open();
    const ids = upTo(20).map((i) => `r${i}`);
    for (const id of ids) await rig.start(sketch({ a: {} }), { id });
    await rig.runner.atWork(10);
    await rig.restart();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const { runs } = await rig.orchestrator.resumeAll();
    const events = runs.map(heard);
    await Promise.all(runs.map((run) => run.ended));
    const resumed = await Promise.all(
      runs.map(async ({ id }) => {
        const records = await rig.records(id);
        return records.slice(records.findIndex(({ type }) => type === 'run.resumed'));
      }),
    );
    expect(events).toEqual(resumed);
  });

  it('hears what happens from then on when it attaches to a run that is going on', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    await quiet();
    const run = await rig.start(sketch({ a: {} }));
    const events = heard(run);
    a.succeed();
    await run.ended;
    expect(typesOf(events)).toEqual(['task.succeeded', 'run.finished']);
  });

  it('gets nothing of before when it listens later', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    await rig.runner.started('a');
    await quiet();
    const events = heard(run);
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(typesOf(events)).toEqual(['task.succeeded', 'run.finished']);
  });
});

describe('a listener that changes an event', () => {
  const task = { retry: { maximumAttempts: 2, initialInterval: 1 } } as const;

  /** Overwrites and removes all that it can reach; what can't be changed throws. */
  function vandalize(value: unknown, depth = 0): void {
    if (typeof value !== 'object' || value === null || depth > 8) return;
    for (const [key, part] of Object.entries(value)) {
      vandalize(part, depth + 1);
      try {
        (value as Record<string, unknown>)[key] = 'vandalized';
        delete (value as Record<string, unknown>)[key];
      } catch {}
    }
    if (Array.isArray(value)) {
      try {
        value.push('vandalized');
      } catch {}
    }
  }

  it('changes neither the state, nor other listeners’ events, nor the journal, nor the definition', async () => {
    const rig = await EngineRig.open();
    const workflow = sketch({
      a: task,
      b: { needs: ['a'], with: { list: [1, 2], deep: { x: [] } } },
    });
    const definition = JSON.stringify(workflow.spec);
    const run = await rig.start(workflow, { input: { names: ['wuji'] } });
    run.on('*', vandalize);
    const events = heard(run);
    const first = await rig.runner.started('a');
    const error = { code: 'E', message: 'no', inner: [{ code: 'C', message: 'cause' }] };
    first.end({ status: 'failed', error: structuredClone(error) });
    await eventOf(run, 'task.retryScheduled');
    vandalize(run.snapshot());
    expect(run.snapshot().tasks[0]?.error).toEqual(error);
    await rig.clock.pass(1);
    (await rig.runner.started('a', 2)).succeed({ list: ['x'] });
    (await rig.runner.started('b')).succeed({ done: true });
    const { outputs } = await run.result;
    expect(outputs).toEqual({ a: { list: ['x'] }, b: { done: true } });
    expect(events).toEqual(await rig.records());
    expect(JSON.stringify(workflow.spec)).toBe(definition);
    expect(run.snapshot().input).toEqual({ names: ['wuji'] });
    expect(
      await rig.orchestrator.start(workflow, { id: 'r', input: { names: ['wuji'] } }),
    ).toBeDefined();
  });

  it('is told that it can’t, as of any other error of its own', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const failures: string[] = [];
    run.on('listener.failed', ({ error }) => failures.push(error));
    run.on('task.started', (event) => {
      (event as { task: string }).task = 'b';
    });
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(failures).toEqual([expect.stringContaining('TypeError: Cannot assign to read only')]);
  });
});
