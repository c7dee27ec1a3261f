import { describe, expect, it } from 'vitest';
import { PrefetchWindow } from '../../src/engine/dispatch/prefetch-window.js';

/** A pace of attempts of `workMs` whose starts take `syncMs` to the disk. */
function paceOf(workMs: number, syncMs: number, attempts = 100): PrefetchWindow {
  const pace = new PrefetchWindow();
  for (let n = 0; n < attempts; n++) {
    pace.synced(syncMs);
    pace.worked(workMs);
  }
  return pace;
}

describe('pace', () => {
  it('starts nothing ahead before it has measured enough', () => {
    expect(new PrefetchWindow().ahead(10)).toBe(0);
    expect(paceOf(0.01, 1, 5).ahead(10)).toBe(0);
  });

  it('starts nothing ahead of tasks that take longer than a sync', () => {
    expect(paceOf(15, 0.2).ahead(10)).toBe(0);
    expect(paceOf(0.2, 0.2).ahead(10)).toBe(0);
  });

  it('starts as many ahead as slots use up while some syncs take place', () => {
    expect(paceOf(0.1, 0.2).ahead(10)).toBe(80);
    expect(paceOf(0.1, 0.2).ahead(1)).toBe(8);
  });

  it('is bounded, also when tasks take no time that can be measured', () => {
    expect(paceOf(0, 5).ahead(10_000)).toBe(1_000);
  });

  it('starts nothing ahead any more once tasks have become longer', () => {
    const pace = paceOf(0.1, 0.2);
    for (let n = 0; n < 3; n++) pace.worked(15);
    expect(pace.ahead(10)).toBe(0);
  });
});
