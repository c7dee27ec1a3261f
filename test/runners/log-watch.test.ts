import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { logWatch } from '../../src/runners/logs/log-watch.js';
import { temporaryFolder } from './attempts.js';

describe('logWatch', () => {
  const folder = temporaryFolder();
  let count = 0;
  const isAwaited = (): boolean => false;
  const nowhere = (look: () => number) => ({ path: join(folder, 'none'), look, isAwaited });
  /** Watches a new file; counts the looks. */
  const watched = () => {
    const path = join(folder, `log-${count++}`);
    writeFileSync(path, '');
    const log = { path, looks: 0, isAwaited: false, seen: 0 };
    const look = (): number => {
      log.looks++;
      log.seen = statSync(path).size;
      return log.seen;
    };
    const stop = logWatch.add({ path, look, isAwaited: () => log.isAwaited });
    onTestFinished(stop);
    return log;
  };
  /** Resolves after so many rounds. */
  const rounds = (wanted: number): Promise<void> =>
    new Promise((resolve) => {
      let looks = 0;
      const stop = logWatch.add(
        nowhere(() => {
          if (++looks === wanted) {
            stop();
            resolve();
          }
          return looks; // it grows, and so it is never silent
        }),
      );
    });

  it('looks at everything that grows again and again until it is told to stop', async () => {
    const looks = { a: 0, b: 0 };
    await new Promise<void>((resolve) => {
      const stopA = logWatch.add(
        nowhere(() => {
          if (looks.a++ === 2) stopA();
          return looks.a;
        }),
      );
      const stopB = logWatch.add(
        nowhere(() => {
          if (looks.b++ < 5) return looks.b;
          stopB();
          resolve();
          return looks.b;
        }),
      );
    });
    expect(looks).toEqual({ a: 3, b: 6 });
  });

  it('hardly looks at what is silent, and at once when that is written', async () => {
    const log = watched();
    await rounds(15);
    const before = log.looks;
    await rounds(10);
    expect(log.looks - before).toBeLessThanOrEqual(1);
    writeFileSync(log.path, 'x');
    await vi.waitFor(() => expect(log.seen).toBe(1), { timeout: 4_000 });
  });

  it('looks at what is silent when somebody wants what was seen before', async () => {
    const log = watched();
    await rounds(15);
    const before = log.looks;
    log.isAwaited = true;
    await rounds(3);
    expect(log.looks).toBeGreaterThan(before + 1);
  });

  it('goes on looking where the system can not tell of changes', async () => {
    let looks = 0;
    onTestFinished(
      logWatch.add(
        nowhere(() => {
          looks++;
          return 0;
        }),
      ),
    );
    await rounds(20);
    expect(looks).toBeGreaterThan(15);
  });

  it('lets the rest of the program have its turns during a round, however many there are', async () => {
    let looks = 0;
    let turns = 0;
    const busy = (): number => {
      for (const end = performance.now() + 2; performance.now() < end; );
      return ++looks;
    };
    const seenAt: number[] = [];
    const stops = Array.from({ length: 40 }, () => logWatch.add(nowhere(busy)));
    while (looks < 40) {
      await new Promise((resolve) => setImmediate(resolve));
      if (looks > 0 && looks < 40) turns++;
      seenAt.push(looks);
    }
    for (const stop of stops) stop();
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
