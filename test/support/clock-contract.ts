import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/platform/clock.js';

/** What every Clock promises. */
export function clockContract(name: string, make: () => Clock): void {
  describe(`${name} as a clock`, () => {
    const clock = make();
    const pass = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        clock.after(ms, resolve);
      });

    it('gives the time in milliseconds since 1970', () => {
      expect(new Date(clock.now()).getUTCFullYear()).toBeGreaterThan(2020);
    });

    it('measures spans with a clock that never goes back', async () => {
      const before = clock.monotonic();
      await pass(5);
      const between = clock.monotonic();
      expect(between).toBeGreaterThan(before);
      await pass(0);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(between);
    });

    it('calls once, and not before the time has come', async () => {
      let calls = 0;
      const before = clock.monotonic();
      await new Promise<void>((resolve) => {
        clock.after(20, () => {
          calls++;
          resolve();
        });
      });
      expect(clock.monotonic() - before).toBeGreaterThan(18); // timers count whole milliseconds
      await pass(30);
      expect(calls).toBe(1);
    });

    it('calls in the order of time, whatever the order of asking', async () => {
      const order: string[] = [];
      const late = pass(60).then(() => order.push('late'));
      const soon = pass(5).then(() => order.push('soon'));
      await Promise.all([late, soon]);
      expect(order).toEqual(['soon', 'late']);
    });

    it('does not call what was cancelled, and takes a cancel after the call', async () => {
      let calls = 0;
      const cancel = clock.after(5, () => calls++);
      cancel();
      cancel();
      const done = clock.after(6, () => calls++);
      await pass(30);
      done();
      expect(calls).toBe(1);
    });

    it('takes no time, time that has passed, and more than a timer of Node can', async () => {
      let far = false;
      const cancel = clock.after(2 ** 31 + 5, () => {
        far = true;
      });
      await pass(0);
      await pass(-1_000);
      await pass(5);
      cancel();
      expect(far).toBe(false);
    });

    it('calls soon: when this turn is over, in the order of asking', async () => {
      const order: string[] = [];
      const done = new Promise<void>((resolve) => {
        clock.soon(() => order.push('first'));
        clock.soon(() => {
          order.push('second');
          resolve();
        });
      });
      order.push('now');
      await Promise.resolve().then(() => order.push('in the same turn'));
      await done;
      expect(order).toEqual(['now', 'in the same turn', 'first', 'second']);
    });
  });
}
