import { describe, expect, it } from 'vitest';
import { plan } from '../../src/dag/plan.js';
import { Frontier } from '../../src/scheduler/frontier.js';
import { ERROR, RunRig, type Tasks, workflow } from '../dag/run-rig.js';

const DIAMOND: Tasks = {
  a: {},
  b: { needs: ['a'] },
  c: { needs: ['a'] },
  d: { needs: ['b', 'c'] },
};

/** t0 ← t1 ← t2 …, or with `reversed` defined from the end. */
function chain(length: number, reversed = false): Tasks {
  const tasks = Array.from(
    { length },
    (_, i) => [`t${i}`, i === 0 ? {} : { needs: [`t${i - 1}`] }] as const,
  );
  return Object.fromEntries(reversed ? tasks.reverse() : tasks);
}

describe('what may start', () => {
  it('starts a dependent only after its last need succeeded', () => {
    const run = new RunRig(workflow(DIAMOND));
    expect(run.startAll()).toEqual(['a']);
    run.succeed('a');
    expect(run.startAll()).toEqual(['b', 'c']);
    run.succeed('c');
    expect(run.startAll()).toEqual([]);
    run.succeed('b');
    expect(run.startAll()).toEqual(['d']);
  });

  it('hands out each ready task once, by priority, then longest path, then definition', () => {
    const run = new RunRig(
      workflow({
        plain1: {},
        plain2: {},
        long: {},
        longer: { needs: ['long'] },
        longest: { needs: ['longer'] },
        late: { priority: -1 },
        urgent: { priority: 2 },
        soon: { priority: 1 },
      }),
    );
    expect(run.frontier.ready()).toBe(6);
    expect(run.startAll()).toEqual(['urgent', 'soon', 'long', 'plain1', 'plain2', 'late']);
    expect(run.frontier.ready()).toBe(0);
  });

  it('measures paths by the weights it is given', () => {
    const spec = workflow({ slow: {}, a: {}, b: { needs: ['a'] } });
    const weights = (index: number): number => [10, 1, 1][index] ?? 0;
    const take = (options: object): string | undefined =>
      new Frontier(plan(spec.tasks), spec, 'continue', options).take()?.task;
    expect([take({}), take({ weights })]).toEqual(['a', 'slow']);
  });

  it('chooses among all that are ready at the time of choice', () => {
    const run = new RunRig(
      workflow({ a: {}, low: { priority: -1 }, high: { needs: ['a'], priority: 1 } }),
    );
    expect(run.start()).toBe('a');
    run.succeed('a');
    expect(run.start()).toBe('high');
  });

  it('keeps pools apart', () => {
    const run = new RunRig(workflow({ a: {}, b: { pool: 'cloud' }, c: { pool: '__proto__' } }));
    expect([...run.frontier.pools()].sort()).toEqual(['__proto__', 'cloud', undefined]);
    expect(run.frontier.take('nowhere')).toBeUndefined();
    expect(run.startAll('cloud')).toEqual(['b']);
    expect([...run.frontier.pools()].sort()).toEqual(['__proto__', undefined]);
    expect(run.frontier.ready('cloud')).toBe(0);
  });

  it('starts a retrying task again only when it is due, as the next attempt', () => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    run.retryLater('a');
    expect(run.settle()).toEqual([]);
    expect(run.frontier.take()).toBeUndefined();
    expect([...run.frontier.retrying()]).toEqual([
      { task: 'a', retryAt: '2026-01-01T00:00:00.000Z', delayMs: expect.any(Number) },
    ]);
    run.frontier.due('a');
    expect([...run.frontier.retrying()]).toEqual([]);
    expect(run.frontier.take()).toEqual({ task: 'a', attempt: 2, rank: 0 });
  });

  it('takes no notice of a task that is due and does not wait for it', () => {
    const run = new RunRig(workflow(DIAMOND));
    run.frontier.due('d');
    run.frontier.due('a');
    expect(run.startAll()).toEqual(['a']);
    run.frontier.due('a');
    expect(run.startAll()).toEqual([]);
  });

  it('starts an interrupted task again at once when told to retry', () => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    run.interrupt('a', 'retry');
    expect(run.settle()).toEqual([]);
    expect(run.frontier.take()).toEqual({ task: 'a', attempt: 2, rank: 0 });
  });

  it('holds an interrupted task until a decision, and says that it is blocked', () => {
    const run = new RunRig(workflow({ a: {}, b: {}, c: { needs: ['a'] } }));
    run.startAll();
    run.interrupt('a', 'hold');
    expect(run.frontier.blocked).toBe(false);
    run.succeed('b');
    expect(run.settle()).toEqual([]);
    expect(run.frontier.blocked).toBe(true);
    expect(run.frontier.counts).toMatchObject({ interrupted: 1, succeeded: 1, done: 1 });
    expect(run.frontier.heldAttempt('a')).toBe(1);
    run.decide('a', 'rerun');
    expect(run.frontier.blocked).toBe(false);
    expect(run.frontier.heldAttempt('a')).toBeUndefined();
    expect(run.frontier.take()).toEqual({ task: 'a', attempt: 2, rank: 0 });
  });

  it.each(['retry', 'hold'] as const)(
    'waits for the probe of an interrupted task, then goes by its answer: %s',
    (next) => {
      const run = new RunRig(workflow({ a: {} }));
      run.start();
      run.interrupt('a', 'probe');
      expect(run.settle()).toEqual([]);
      expect([run.frontier.ready(), run.frontier.blocked]).toEqual([0, false]);
      expect(run.frontier.counts).toMatchObject({ probing: 1, interrupted: 0, running: 0 });
      run.interrupt('a', next);
      expect(run.frontier.blocked).toBe(next === 'hold');
      expect(run.frontier.take()).toEqual(
        next === 'hold' ? undefined : { task: 'a', attempt: 2, rank: 0 },
      );
    },
  );

  it('starts the dependents of a task whose probe found its work done', () => {
    const run = new RunRig(workflow({ a: {}, b: { needs: ['a'] } }));
    run.start();
    run.interrupt('a', 'probe');
    run.succeed('a');
    expect(run.startAll()).toEqual(['b']);
  });

  it('starts the dependents of a held task that was decided to be done', () => {
    const run = new RunRig(workflow({ a: {}, b: { needs: ['a'] } }));
    run.start();
    run.interrupt('a', 'hold');
    run.decide('a', 'done');
    expect(run.statuses).toEqual({ a: 'succeeded', b: 'pending' });
    expect(run.startAll()).toEqual(['b']);
  });

  it.each(['continue', 'finish'] as const)(
    'takes a held task that was decided to have failed for any failed one (%s)',
    (onFailure) => {
      const run = new RunRig(workflow({ a: {}, b: { needs: ['a'] }, c: {} }), onFailure);
      run.start();
      run.interrupt('a', 'hold');
      run.decide('a', 'fail');
      run.settle();
      expect(run.statuses).toMatchObject({
        a: 'failed',
        b: onFailure === 'finish' ? 'skipped' : 'upstreamFailed',
        c: onFailure === 'finish' ? 'skipped' : 'pending',
      });
    },
  );

  it('counts where tasks stand', () => {
    const run = new RunRig(workflow({ a: {}, b: {}, c: {}, d: { needs: ['a'] }, e: {} }));
    run.startAll();
    run.fail('a');
    run.succeed('b');
    run.retryLater('c');
    run.settle();
    expect(run.frontier.counts).toEqual({
      total: 5,
      done: 3,
      succeeded: 1,
      failed: 1,
      skipped: 0,
      upstreamFailed: 1,
      cancelled: 0,
      running: 1,
      retrying: 1,
      probing: 0,
      interrupted: 0,
    });
    expect(run.frontier.running).toBe(1);
  });
});

describe('what is settled', () => {
  it('ends a run with nothing in it, once', () => {
    const run = new RunRig(workflow({}));
    expect(run.frontier.settled()).toEqual([{ type: 'run.finished', status: 'succeeded' }]);
    expect(run.frontier.settled()).toEqual([]);
  });

  it('ends a run when its last task has, once', () => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    expect(run.settle()).toEqual([]);
    run.succeed('a');
    expect(run.settle()).toEqual([{ type: 'run.finished', status: 'succeeded' }]);
    expect(run.settle()).toEqual([]);
    expect(run.replayed().settled()).toEqual([]);
  });

  it('passes a failure down, naming rule and need, and goes on beside it', () => {
    const run = new RunRig(workflow({ ...DIAMOND, e: {}, f: { needs: ['e'] } }));
    run.startAll();
    run.fail('a');
    const reason = (dependency: string) => ({ by: 'trigger', rule: 'all_success', dependency });
    const skip = { type: 'task.skipped', status: 'upstreamFailed' };
    expect(run.settle()).toEqual([
      { ...skip, task: 'b', reason: reason('a') },
      { ...skip, task: 'c', reason: reason('a') },
      { ...skip, task: 'd', reason: reason('b') },
    ]);
    run.succeed('e');
    expect(run.startAll()).toEqual(['f']);
    run.succeed('f');
    expect(run.settle()).toEqual([{ type: 'run.finished', status: 'failed' }]);
  });

  it('names no need when only all of them together settled the task', () => {
    const run = new RunRig(
      workflow({ a: {}, b: {}, alarm: { needs: ['a', 'b'], trigger: 'one_failed' } }),
    );
    run.startAll();
    run.succeed('a');
    run.succeed('b');
    const reason = { by: 'trigger', rule: 'one_failed' };
    expect(run.settle()).toEqual([
      { type: 'task.skipped', task: 'alarm', status: 'skipped', reason },
      { type: 'run.finished', status: 'succeeded' },
    ]);
  });

  it('says by the state, not by the order of ends, how a task was settled', () => {
    const tasks: Tasks = {
      a: {},
      b: { needs: ['a'], trigger: 'one_failed' },
      c: {},
      d: { needs: ['b', 'c'] },
    };
    for (const order of [
      ['a', 'c'],
      ['c', 'a'],
    ]) {
      const run = new RunRig(workflow(tasks));
      run.startAll();
      for (const task of order) task === 'a' ? run.succeed('a') : run.fail('c');
      run.commit({
        type: 'task.skipped',
        task: 'b',
        status: 'skipped',
        reason: { by: 'trigger', rule: 'one_failed' },
      });
      run.settle();
      expect(run.statuses.d).toBe('upstreamFailed');
    }
  });

  it('fails a run whose failure a later task dealt with', () => {
    const run = new RunRig(workflow({ a: {}, cleanup: { needs: ['a'], trigger: 'all_done' } }));
    run.start();
    run.fail('a');
    expect(run.startAll()).toEqual(['cleanup']);
    run.succeed('cleanup');
    expect(run.settle()).toEqual([{ type: 'run.finished', status: 'failed' }]);
  });

  it.each(['finish', 'terminate'] as const)(
    'starts nothing more after a failure with onFailure %s, whatever the rules say',
    (onFailure) => {
      const run = new RunRig(
        workflow({
          bad: {},
          good: {},
          tried: {},
          next: { needs: ['bad'] },
          cleanup: { needs: ['bad'], trigger: 'all_done' },
          afterNext: { needs: ['next'] },
        }),
        onFailure,
      );
      run.startAll();
      run.retryLater('tried');
      run.fail('bad');
      expect([run.frontier.ready(), [...run.frontier.pools()]]).toEqual([0, []]);
      expect(run.start()).toBeUndefined();
      expect(run.frontier.shouldTerminate).toBe(onFailure === 'terminate');
      const reason = { by: 'onFailure', failed: 'bad' };
      const skip = { type: 'task.skipped', status: 'skipped', reason };
      expect(run.settle()).toEqual([
        { type: 'task.failed', task: 'tried', attempt: 1, error: ERROR },
        { ...skip, task: 'next' },
        { ...skip, task: 'cleanup' },
        { ...skip, task: 'afterNext' },
      ]);
      run.succeed('good');
      expect(run.settle()).toEqual([{ type: 'run.finished', status: 'failed' }]);
    },
  );

  it('fails a task that was due for a retry when a failure stops the run', () => {
    const run = new RunRig(workflow({ tried: {}, bad: {} }), 'finish');
    run.startAll();
    run.retryLater('tried');
    run.frontier.due('tried');
    run.fail('bad');
    run.settle();
    expect(run.statuses).toEqual({ tried: 'failed', bad: 'failed' });
    expect(run.isFinished).toBe(true);
  });

  it('settles a task that is interrupted, or to be retried, after the run was stopped', () => {
    const run = new RunRig(workflow({ a: {}, b: {}, bad: {} }), 'finish');
    run.startAll();
    run.fail('bad');
    expect(run.settle()).toEqual([]);
    run.interrupt('a', 'retry');
    expect(run.settle()).toMatchObject([{ type: 'task.skipped', task: 'a' }]);
    run.retryLater('b');
    expect(run.settle()).toMatchObject([
      { type: 'task.failed', task: 'b', attempt: 1 },
      { type: 'run.finished', status: 'failed' },
    ]);
  });

  it('leaves a held task to its decision after a failure, but not after a cancel', () => {
    const run = new RunRig(workflow({ held: {}, bad: {} }), 'finish');
    run.startAll();
    run.interrupt('held', 'hold');
    run.fail('bad');
    expect(run.settle()).toEqual([]);
    expect(run.frontier.blocked).toBe(true);
    run.cancel();
    expect(run.settle()).toEqual([
      { type: 'task.cancelled', task: 'held', attempt: 1, reason: 'requested' },
      { type: 'run.finished', status: 'cancelled' },
    ]);
  });

  it('leaves a task whose probe is being asked to the answer when the run is stopped', () => {
    const run = new RunRig(workflow({ a: {}, b: {} }));
    run.startAll();
    run.interrupt('a', 'probe');
    run.interrupt('b', 'probe');
    run.cancel();
    expect(run.settle()).toEqual([]);
    run.cancelled('a');
    run.interrupt('b', 'retry');
    expect(run.settle()).toEqual([
      { type: 'task.cancelled', task: 'b', attempt: 1, reason: 'requested' },
      { type: 'run.finished', status: 'cancelled' },
    ]);
  });

  it('cancels held tasks with what runs when a failure terminates the run', () => {
    const run = new RunRig(workflow({ held: {}, late: {}, bad: {} }), 'terminate');
    run.startAll();
    run.interrupt('held', 'hold');
    run.fail('bad');
    const cancelled = { type: 'task.cancelled', attempt: 1, reason: 'terminate' };
    expect(run.settle()).toEqual([{ ...cancelled, task: 'held' }]);
    run.interrupt('late', 'hold');
    expect(run.settle()).toEqual([
      { ...cancelled, task: 'late' },
      { type: 'run.finished', status: 'failed' },
    ]);
  });

  it('cancels what has not started or waits, and ends when what runs has ended', () => {
    const run = new RunRig(workflow({ ...DIAMOND, tried: {} }));
    run.startAll();
    run.retryLater('tried');
    expect(run.settle()).toEqual([]);
    run.cancel();
    const cancelled = { type: 'task.cancelled', reason: 'requested' };
    expect(run.settle()).toEqual([
      { ...cancelled, task: 'b' },
      { ...cancelled, task: 'c' },
      { ...cancelled, task: 'd' },
      { ...cancelled, task: 'tried', attempt: 1 },
    ]);
    run.cancelled('a');
    expect(run.settle()).toEqual([{ type: 'run.finished', status: 'cancelled' }]);
  });

  it('calls a run that its timeout cut short failed', () => {
    const run = new RunRig(workflow({ a: {} }));
    run.commit({ type: 'run.cancelRequested', reason: 'runTimeout' });
    expect(run.settle().at(-1)).toEqual({ type: 'run.finished', status: 'failed' });
  });

  it('does not call a run cancelled whose work was done before the cancel took effect', () => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    run.cancel();
    run.succeed('a');
    expect(run.settle()).toEqual([{ type: 'run.finished', status: 'succeeded' }]);
  });
});

describe('large runs', () => {
  const LENGTH = 100_000;

  it.each([false, true])('passes a failure down a chain of 100,000 (reversed: %s)', (reversed) => {
    const run = new RunRig(workflow(chain(LENGTH, reversed)));
    run.start();
    run.fail('t0');
    expect(run.settle()).toHaveLength(LENGTH); // all but the first, and the run's end
    expect(run.frontier.counts).toMatchObject({ failed: 1, upstreamFailed: LENGTH - 1 });
  });

  it.each(['continue', 'finish'] as const)('cancels a chain of 100,000 (%s)', (onFailure) => {
    const run = new RunRig(workflow(chain(LENGTH)), onFailure);
    run.cancel();
    expect(run.settle().at(-1)).toEqual({ type: 'run.finished', status: 'cancelled' });
    expect(run.frontier.counts.cancelled).toBe(LENGTH);
  });

  it('runs 100,000 from one to many to one', () => {
    const middle = Array.from({ length: LENGTH }, (_, i) => `m${i}`);
    const run = new RunRig(
      workflow({
        first: {},
        ...Object.fromEntries(middle.map((id) => [id, { needs: ['first'] }])),
        last: { needs: middle },
      }),
    );
    expect(run.startAll()).toEqual(['first']);
    run.succeed('first');
    expect(run.startAll()).toEqual(middle);
    for (const task of middle) run.succeed(task);
    expect(run.startAll()).toEqual(['last']);
  });
});
