import { describe, expect, it } from 'vitest';
import { YieldBudget } from '../../src/engine/yield-budget.js';
import { ControlledClock } from '../support/controlled-clock.js';

/** Does pieces of work until the turn is full; gives how many. */
function piecesIn(turn: YieldBudget, each: () => void = () => {}): number {
  for (let pieces = 0; ; pieces++) {
    if (turn.full() !== undefined) return pieces;
    each();
  }
}

describe('a turn of the event loop', () => {
  it('is full after so many pieces of work', () => {
    expect(piecesIn(new YieldBudget(new ControlledClock()))).toBe(64);
  });

  it('is full when its work has taken so long, however few pieces it was', () => {
    const clock = new ControlledClock();
    expect(piecesIn(new YieldBudget(clock), () => clock.move(2))).toBe(3);
  });

  it('takes at least one piece, however long that takes', () => {
    const clock = new ControlledClock();
    expect(piecesIn(new YieldBudget(clock), () => clock.move(1_000))).toBe(1);
  });

  it('is followed by one that takes as much again', async () => {
    const turn = new YieldBudget(new ControlledClock());
    const pieces = piecesIn(turn);
    await turn.full();
    expect(piecesIn(turn)).toBe(pieces);
  });

  it('lets others go on before those that wait for the next one', async () => {
    const turn = new YieldBudget(new ControlledClock());
    const order: string[] = [];
    const other = new Promise<void>((resolve) => setImmediate(resolve));
    piecesIn(turn);
    await Promise.all([
      other.then(() => order.push('other')),
      turn.full()?.then(() => order.push('waiting')),
    ]);
    expect(order).toEqual(['other', 'waiting']);
  });
});
