import { describe, expect, it } from 'vitest';
import { plan } from '../../src/dag/plan.js';
import { Commits } from '../../src/engine/commit/commits.js';
import { RunEvents } from '../../src/events.js';
import { Reserve } from '../../src/journal/data-dir/reserve.js';
import { MemoryJournal } from '../../src/journal/memory-journal.js';
import { systemPlatform } from '../../src/platform/platform.js';
import { Frontier } from '../../src/scheduler/frontier.js';

const workflow = { name: 'w', tasks: [{ id: 'a', runner: 'fn', needs: [], with: {} }] };

describe('commits', () => {
  it('take nothing behind the last record of a run, also before that is on disk', async () => {
    const failures: Error[] = [];
    const commits = new Commits(
      new Frontier(plan(workflow.tasks), workflow, 'continue'),
      new RunEvents(() => ''),
      {
        reserve: new Reserve(systemPlatform.fileSystem, '/nowhere', 0),
        assertInPlace() {},
      },
      {},
      (error) => failures.push(error),
    );
    const journal = new MemoryJournal(systemPlatform.clock, commits);
    commits.open(journal);
    const head = { format: 1, run: 'r', input: null, traceId: '0'.repeat(32) } as const;
    commits.commit({ type: 'run.started', ...head, workflow, onFailure: 'continue' });
    commits.commit({ type: 'task.started', task: 'a', attempt: 1 });
    commits.commit({ type: 'task.cancelled', task: 'a', attempt: 1, reason: 'requested' });
    commits.commit({ type: 'run.finished', status: 'cancelled' });
    const settled: boolean[] = [];
    commits.commit({ type: 'run.resumed', pid: 1 }, (durable) => settled.push(durable));
    expect(settled).toEqual([false]);
    await journal.flush();
    expect([commits.state.seq, journal.lastSeq, failures]).toEqual([4, 4, []]);
    expect(commits.finished).toBe(true);
  });
});
