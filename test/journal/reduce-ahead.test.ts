import { describe, expect, it } from 'vitest';
import { reduce } from '../../src/journal/records/reduce.js';
import { taskState } from '../../src/journal/records/state.js';
import { progress, snapshot } from '../../src/runtime/snapshot.js';
import { RunRig, workflow } from '../dag/run-rig.js';

/** A run whose task `a` was started before there was a slot for it. */
function ahead(): RunRig {
  const run = new RunRig(workflow({ a: {} }));
  run.frontier.take();
  run.commit({ type: 'task.started', task: 'a', attempt: 1, ahead: true });
  return run;
}

const view = ({ state }: RunRig) => {
  const [task] = snapshot(state).tasks;
  return { running: progress(state).running, status: task?.status, attempts: task?.attempts };
};

describe('a start that was written ahead', () => {
  it('counts as waiting, and as no attempt, until something says that its code runs', () => {
    const run = ahead();
    expect(view(run)).toEqual({ running: 0, status: 'pending', attempts: 0 });
    run.commit({ type: 'task.started', task: 'a', attempt: 1 });
    expect(view(run)).toEqual({ running: 1, status: 'running', attempts: 1 });
  });

  it('counts as running once it has a process', () => {
    const run = ahead();
    const process = { pid: 7, startTime: '1', bootId: 'b' };
    run.commit({ type: 'task.spawned', task: 'a', attempt: 1, ...process });
    expect(view(run)).toEqual({ running: 1, status: 'running', attempts: 1 });
  });

  it('may be all that is known of a task before its end', () => {
    const run = ahead();
    run.succeed('a');
    expect(view(run)).toEqual({ running: 0, status: 'succeeded', attempts: 1 });
  });

  it('gives its number to the next attempt when its code did not begin', () => {
    const run = ahead();
    const revert = { task: 'a', attempt: 1, next: 'retry', begun: false } as const;
    run.commit({ type: 'task.interrupted', ...revert });
    expect(taskState(run.state, 'a')).toEqual({ status: 'pending', attempts: 0, failures: 0 });
    expect(run.frontier.take()).toEqual({ task: 'a', attempt: 1, rank: 0 });
    run.commit({ type: 'task.started', task: 'a', attempt: 1 });
    expect(view(run)).toEqual({ running: 1, status: 'running', attempts: 1 });
  });

  it('is confirmed once, by the same attempt, and not ahead again', () => {
    const { state } = ahead();
    const record = { seq: state.seq + 1, at: '2026-01-02T03:04:05.678Z', task: 'a' } as const;
    const again = { ...record, type: 'task.started', attempt: 1 } as const;
    expect(() => reduce(state, { ...again, attempt: 2 })).toThrow('attempt 1 is running');
    expect(() => reduce(state, { ...again, ahead: true })).toThrow('was started ahead before');
    reduce(state, again);
    expect(() => reduce(state, { ...again, seq: again.seq + 1 })).toThrow('the task is running');
  });
});
