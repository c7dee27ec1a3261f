import { describe, expect, it } from 'vitest';
import { logWatch } from '../../src/runners/log-watch.js';

describe('logWatch', () => {
  it('looks at everything again and again until it is told to stop', async () => {
    const looks = { a: 0, b: 0 };
    await new Promise<void>((resolve) => {
      const stopA = logWatch.add({ look: () => void (looks.a++ === 2 && stopA()) });
      const stopB = logWatch.add({
        look: () => {
          if (looks.b++ < 5) return;
          stopB();
          resolve();
        },
      });
    });
    expect(looks).toEqual({ a: 3, b: 6 });
  });

  it('lets the rest of the program have its turns during a round, however many there are', async () => {
    let looks = 0;
    let turns = 0;
    const busy = (): void => {
      for (const end = performance.now() + 2; performance.now() < end; );
      looks++;
    };
    const seenAt: number[] = [];
    const stops = Array.from({ length: 40 }, () => logWatch.add({ look: busy }));
    while (looks < 40) {
      await new Promise((resolve) => setImmediate(resolve));
      if (looks > 0 && looks < 40) turns++;
      seenAt.push(looks);
    }
    for (const stop of stops) stop();
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
