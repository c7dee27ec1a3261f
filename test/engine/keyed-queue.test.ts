import { describe, expect, it } from 'vitest';
import { Deferred } from '../../src/engine/deferred.js';
import { KeyedQueue } from '../../src/runtime/keyed-queue.js';
import { ControlledClock } from '../support/controlled-clock.js';
import { quiet } from '../support/engine-rig.js';

describe('openings', () => {
  it('call back in the turn after the last of them is over', async () => {
    const openings = new KeyedQueue<number>(new ControlledClock());
    const ends = [new Deferred(), new Deferred()] as const;
    const all = ends.map((end, i) => openings.next(`r${i}`, () => end.promise.then(() => i)));
    let called = 0;
    openings.whenIdle(() => called++);
    ends[0].resolve();
    await all[0];
    await quiet();
    expect(called).toBe(0);
    ends[1].resolve();
    await all[1];
    expect(called).toBe(0);
    await quiet();
    expect(called).toBe(1);
  });

  it('wait on when another one is asked for at once', async () => {
    const openings = new KeyedQueue<number>(new ControlledClock());
    let called = 0;
    openings.whenIdle(() => called++);
    const second = new Deferred();
    await openings.next('a', async () => 1);
    const next = openings.next('b', () => second.promise.then(() => 2));
    await quiet();
    expect(called).toBe(0);
    second.resolve();
    await next;
    await quiet();
    expect(called).toBe(1);
  });

  it('do not let callbacks pile up where there is always one under way', () => {
    const openings = new KeyedQueue<number>(new ControlledClock());
    void openings.next('a', () => new Promise(() => {}));
    let called = 0;
    for (let i = 0; i < 10_001; i++) openings.whenIdle(() => called++);
    expect(called).toBe(5_000);
  });
});
