import { describe, expect, it } from 'vitest';
import { RunRig, type Tasks, workflow } from '../dag/run-rig.js';

/** Ids of the tasks that may come, each with its number of steps. */
function comingOf(run: RunRig, limit = 10): string[] {
  const tasks = run.spec.tasks;
  return run.frontier.coming(limit).map(({ task, steps }) => `${tasks[task]?.id} in ${steps}`);
}

const GRAPH: Tasks = {
  a: {},
  b: {},
  onA: { needs: ['a'] },
  onBoth: { needs: ['a', 'b'] },
  last: { needs: ['onA', 'onBoth'] },
};

describe('what may come', () => {
  it('is what waits for tasks under way alone, then what waits for that', () => {
    const run = new RunRig(workflow(GRAPH));
    expect(comingOf(run)).toEqual([]);
    run.start();
    expect(comingOf(run)).toEqual(['onA in 1']);
    run.start();
    expect(comingOf(run)).toEqual(['onA in 1', 'onBoth in 1', 'last in 2']);
    expect(comingOf(run, 2)).toEqual(['onA in 1', 'onBoth in 1']);
    run.succeed('a');
    expect(comingOf(run)).toEqual(['onBoth in 1']);
    run.start();
    expect(comingOf(run)).toEqual(['onBoth in 1', 'last in 2']);
  });

  it('is nothing once nothing more starts', () => {
    const run = new RunRig(workflow(GRAPH));
    run.startAll();
    run.commit({ type: 'run.cancelRequested', reason: 'requested' });
    expect(comingOf(run)).toEqual([]);
  });

  it('is told quickly of a graph in which a great many wait for as many', () => {
    const firsts = Array.from({ length: 2_000 }, (_, i) => `f${i}`);
    const entries: [string, Tasks[string]][] = firsts.map((id) => [id, {}]);
    for (let i = 0; i < 200; i++) entries.push([`l${i}`, { needs: firsts }]);
    const run = new RunRig(workflow(Object.fromEntries(entries)));
    run.startAll();
    expect(comingOf(run, 3)).toEqual(['l0 in 1', 'l1 in 1', 'l2 in 1']);
  });
});
