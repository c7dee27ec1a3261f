import type { StoppedListener, StoppedRun } from 'nuflow';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retryStopped, type Stoppable } from '../daemon/retry-stopped.js';
import { MemoryLog } from './memory-log.js';

/** Runs that stop when told, and can be resumed once their cause is gone. */
class Runs implements Stoppable {
  readonly tries: string[] = [];
  isFixed = false;
  readonly #stopped = new Map<string, StoppedRun>();
  readonly #listeners = new Set<StoppedListener>();

  stop(run: string, code: string): void {
    const stopped = { run, code, message: 'why', since: '2026-01-01T00:00:00.000Z' };
    this.#stopped.set(run, stopped);
    for (const listener of this.#listeners) listener(stopped);
  }
  stopped(): readonly StoppedRun[] {
    return [...this.#stopped.values()];
  }
  onStopped(listener: StoppedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async resume(id: string): Promise<void> {
    this.tries.push(id);
    if (!this.isFixed) throw new Error('still broken');
    this.#stopped.delete(id);
  }
}

describe('a run that stops in the daemon', () => {
  let runs: Runs;
  let log: MemoryLog;
  let end: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    runs = new Runs();
    log = new MemoryLog();
    end = retryStopped(runs, log);
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  it('is in the log, and goes on when its cause is gone', async () => {
    runs.stop('r', 'NUFLOW_DISK_FULL');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs.tries.length).toBeGreaterThan(4);
    runs.isFixed = true;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(log.lines).toEqual(['r stopped: NUFLOW_DISK_FULL: why', 'r goes on']);
    const tried = runs.tries.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(runs.tries).toHaveLength(tried);
  });

  it('is tried ever more rarely where somebody has to act first', async () => {
    runs.stop('r', 'NUFLOW_JOURNAL_DAMAGED');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(runs.tries.length).toBeLessThan(20);
    runs.isFixed = true;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(log.lines.at(-1)).toBe('r goes on');
  });

  it('is left alone when the daemon closes', async () => {
    runs.stop('r', 'NUFLOW_DISK_FULL');
    end();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(runs.tries).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
