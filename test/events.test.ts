import { describe, expect, it } from 'vitest';
import { iterateEvents, RunEvents } from '../src/events.js';
import { isRecord, type JournalRecord, type Run, type RunEvent } from '../src/index.js';
import { EngineRig, eventOf, quiet, sketch } from './support/engine-rig.js';

const no = (): never => {
  throw new Error('listener');
};

/** Something that promises take for one of theirs. */
function thenable(property: PropertyDescriptor): object {
  return Object.defineProperty({}, 'then', property);
}

/** All events of an iterator, by type. */
async function typesOf(events: AsyncIterable<RunEvent>): Promise<string[]> {
  const all: string[] = [];
  for await (const { type } of events) all.push(type);
  return all;
}

const OF_ONE_TASK = ['run.started', 'task.started', 'task.succeeded', 'run.finished'];

async function running(): Promise<{ rig: EngineRig; run: Run }> {
  const rig = await EngineRig.open();
  const run = await rig.start(sketch({ a: {} }));
  await rig.runner.started('a');
  await eventOf(run, 'task.started');
  return { rig, run };
}

describe('listeners of a run', () => {
  it('hear events of their type, or all, in order, as they are on disk', async () => {
    const { rig, run } = await running();
    const all: RunEvent[] = [];
    const some: unknown[] = [];
    run.on('*', (event) => all.push(event));
    run.on('task.succeeded', ({ task, output }) => some.push([task, output]));
    (await rig.runner.started('a')).succeed(7);
    await run.ended;
    expect(some).toEqual([['a', 7]]);
    expect(all).toEqual((await rig.records()).slice(2));
  });

  it('stop hearing when they unsubscribe, also while they are called', async () => {
    const { rig, run } = await running();
    const heard: string[] = [];
    const stopOther = run.on('task.succeeded', () => heard.push('other'));
    const stop = run.on('*', ({ type }) => {
      heard.push(type);
      stop();
    });
    stopOther();
    stopOther();
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(heard).toEqual(['task.succeeded']);
  });

  it('see the state that includes the event', async () => {
    const { rig, run } = await running();
    const seen: unknown[] = [];
    run.on('*', (event) => {
      if (isRecord(event)) seen.push([event.seq, run.snapshot().seq, run.snapshot().status]);
    });
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(seen).toEqual([
      [3, 3, 'running'],
      [4, 4, 'succeeded'],
    ]);
  });

  it.each<[what: string, listener: () => unknown, text: RegExp]>([
    ['throws', no, /^Error: listener/],
    ['rejects', async () => no(), /^Error: listener/],
    [
      'gives something like a promise that rejects',
      () =>
        thenable({
          value: (_: unknown, reject: (e: Error) => void) => reject(new Error('thenable')),
        }),
      /thenable/,
    ],
    ['gives something like a promise that throws', () => thenable({ get: no }), /listener/],
    [
      'throws nothing',
      () => {
        throw undefined;
      },
      /^undefined$/,
    ],
    [
      'throws what has no text',
      () => {
        throw Object.create(null);
      },
      /could not be read/,
    ],
    [
      'throws an error that can not be read',
      () => {
        throw Object.defineProperty(new Error('x'), 'stack', { get: no });
      },
      /could not be read/,
    ],
  ])('hinder nobody when one %s, which is an event of its own', async (_what, listener, text) => {
    const { rig, run } = await running();
    const others: string[] = [];
    const failures: RunEvent[] = [];
    run.on('task.succeeded', listener);
    run.on('task.succeeded', () => others.push('same type'));
    run.on('*', ({ type }) => type === 'task.succeeded' && others.push('all'));
    run.on('listener.failed', (event) => failures.push(event));
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
    await quiet();
    expect(others).toEqual(['same type', 'all']);
    expect(failures).toEqual([
      {
        type: 'listener.failed',
        at: '2026-01-02T03:04:05.678Z',
        event: 'task.succeeded',
        error: expect.stringMatching(text),
      },
    ]);
    expect(await typesOf(run.events())).toEqual(OF_ONE_TASK);
  });

  it('of failures that fail are told of nothing', async () => {
    const { rig, run } = await running();
    let calls = 0;
    for (const type of ['*', 'listener.failed'] as const)
      run.on(type, () => {
        calls++;
        throw new Error('again');
      });
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
    expect(calls).toBe(2 + 2 * 2); // two events, and a failure of each, heard by both
  });

  it('hear what a task prints, as long as there are any', async () => {
    const { rig, run } = await running();
    const a = await rig.runner.started('a');
    a.print('nobody hears this');
    const printed: unknown[] = [];
    const stop = run.on('task.output', ({ task, attempt, stream, text }) =>
      printed.push([task, attempt, stream, text]),
    );
    a.print('hello\n');
    a.print('oh no\n', 'stderr');
    stop();
    a.print('nor this');
    expect(printed).toEqual([
      ['a', 1, 'stdout', 'hello\n'],
      ['a', 1, 'stderr', 'oh no\n'],
    ]);
    expect((await rig.story()).join()).not.toContain('hello');
  });
});

describe('the event iterator of a run', () => {
  it('gives all records from the first, past and to come, and ends with the run', async () => {
    const { rig, run } = await running();
    const following = typesOf(run.events());
    (await rig.runner.started('a')).succeed();
    expect(await following).toEqual(OF_ONE_TASK);
    expect(await typesOf(run.events())).toEqual(OF_ONE_TASK);
  });

  it.each([1, 2, 3, 4, 5, 100])('begins with record %d', async (from) => {
    const { rig, run } = await running();
    const live = typesOf(run.events({ from }));
    (await rig.runner.started('a')).succeed();
    await run.ended;
    expect(await live).toEqual(OF_ONE_TASK.slice(from - 1));
    expect(await typesOf(run.events({ from }))).toEqual(OF_ONE_TASK.slice(from - 1));
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as never])(
    'refuses to begin with %s',
    async (from) => {
      const { run } = await running();
      expect(() => run.events({ from })).toThrow(
        expect.objectContaining({
          code: 'NUFLOW_INVALID_OPTION',
          details: expect.objectContaining({ option: 'from' }),
        }),
      );
    },
  );

  it('gives volatile events in between', async () => {
    const { rig, run } = await running();
    const a = await rig.runner.started('a');
    const events = run.events({ from: 2 });
    expect((await events.next()).value).toMatchObject({ type: 'task.started' });
    const next = events.next();
    await quiet();
    a.print('hello');
    expect((await next).value).toMatchObject({ type: 'task.output', text: 'hello' });
    a.succeed();
    expect(await typesOf(events)).toEqual(['task.succeeded', 'run.finished']);
  });

  it('gives a consumer that is slower than the run all records, without keeping them in memory', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => {
      attempt.print('line\n');
      attempt.succeed();
    };
    const tasks = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`t${i}`, {}]));
    const run = await rig.start(sketch(tasks));
    const events = run.events();
    const seqs: number[] = [];
    const take = (event: RunEvent): void => {
      if (isRecord(event)) seqs.push(event.seq);
    };
    take((await events.next()).value as RunEvent);
    await run.ended; // thousands of events, none of them taken
    for await (const event of events) take(event);
    expect(seqs).toEqual(Array.from({ length: 3_002 }, (_, i) => i + 1));
  });

  it('gives a consumer that falls behind again and again every record once, from where it was', async () => {
    const events = new RunEvents(() => '');
    const records: JournalRecord[] = [];
    const emit = (count: number): void => {
      for (let n = 0; n < count; n++) {
        const seq = records.length + 1;
        const record: JournalRecord = { seq, at: '', type: 'run.resumed', pid: 1 };
        records.push(record);
        events.emit(record);
      }
    };
    const reads: number[] = [];
    let end = (): void => {};
    const source = {
      events,
      read: async function* (from: number): AsyncGenerator<JournalRecord> {
        reads.push(from);
        yield* records.slice(from - 1);
      },
      durableSeq: () => records.length,
      ended: new Promise<void>((resolve) => {
        end = resolve;
      }),
    };
    const iterator = iterateEvents(source);
    const seqs: number[] = [];
    const take = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const { value } = await iterator.next();
        if (value !== undefined && isRecord(value)) seqs.push(value.seq);
      }
    };
    const first = take(1);
    emit(1);
    await first;
    for (const [emitted, taken] of [
      [9_000, 5_000],
      [9_000, 12_000], // more than are held: read again
      [30_000, 3],
      [1, 30_000],
    ] as const) {
      emit(emitted);
      await take(taken);
    }
    end();
    for await (const event of iterator) if (isRecord(event)) seqs.push(event.seq);
    expect(seqs).toEqual(records.map(({ seq }) => seq));
    expect(reads).toEqual(reads.toSorted((a, b) => a - b));
    expect(reads.length).toBeLessThan(6);
  });

  it('gives everybody their own', async () => {
    const { rig, run } = await running();
    const all = Promise.all([
      typesOf(run.events()),
      typesOf(run.events()),
      typesOf(run.events({ from: 3 })),
    ]);
    (await rig.runner.started('a')).succeed();
    expect(await all).toEqual([OF_ONE_TASK, OF_ONE_TASK, OF_ONE_TASK.slice(2)]);
  });

  it('can be left early, and listens no more then', async () => {
    const { rig, run } = await running();
    const a = await rig.runner.started('a');
    for await (const { type } of run.events()) if (type === 'task.started') break;
    a.print('nobody hears this'); // or the next check sees its listener
    const events = new RunEvents(() => '');
    const source = {
      events,
      read: async function* (): AsyncGenerator<JournalRecord> {},
      durableSeq: () => 0,
      ended: new Promise<void>(() => {}),
    };
    const iterator = iterateEvents(source);
    const first = iterator.next();
    expect(events.hasListeners('task.output')).toBe(true);
    events.emit({ type: 'listener.failed', at: '', event: '', error: '' });
    await first;
    await iterator.return(undefined);
    expect(events.hasListeners('task.output')).toBe(false);
  });

  it('can be left while it waits for an event', async () => {
    const { run } = await running();
    const events = run.events({ from: 3 });
    const waiting = events.next();
    await quiet();
    expect(await events.return(undefined)).toEqual({ value: undefined, done: true });
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it('can be left before it began', async () => {
    const { run } = await running();
    const events = run.events();
    await events.return(undefined);
    expect(await typesOf(events)).toEqual([]);
  });

  it('ends when the orchestrator is closed', async () => {
    const { rig, run } = await running();
    const following = typesOf(run.events());
    await rig.orchestrator.close({ mode: 'detach' });
    expect(await following).toEqual(OF_ONE_TASK.slice(0, 2));
  });

  it('gives the whole history of a run that was resumed', async () => {
    const { rig } = await running();
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const following = typesOf(run.events());
    (await rig.runner.started('a')).succeed();
    expect(await following).toEqual([
      'run.started',
      'task.started',
      'run.resumed',
      'task.succeeded',
      'run.finished',
    ]);
  });

  it('throws what reading the journal throws', async () => {
    const { rig, run } = await running();
    rig.disk.fail('open', 'journal.ndjson', 'EMFILE');
    await expect(typesOf(run.events())).rejects.toThrow('EMFILE');
    rig.disk.heal();
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
  });
});
