import { describe, expect, it } from 'vitest';
import type { ProcessEntry } from '../../src/runners/process/process-entry.js';
import { generationsOf, processTreeOf } from '../../src/runners/process/process-tree.js';

const entry = (pid: number, parent: number, cookie?: string): ProcessEntry => ({
  pid,
  parent,
  group: pid,
  startTime: String(pid * 10),
  cookie,
});
const pids = (entries: readonly ProcessEntry[]): number[] => entries.map((e) => e.pid).sort();

describe('processTreeOf', () => {
  const table = [
    entry(1, 0),
    entry(10, 1, 'mine'),
    entry(14, 13),
    entry(13, 10), // lost the cookie
    entry(20, 1, 'mine'), // lost its parent
    entry(30, 1, 'other'),
    entry(31, 30),
    entry(40, 1), // lost both
  ];

  it('is what has the cookie, and all that descends from it', () => {
    expect(pids(processTreeOf(table, 'mine'))).toEqual([10, 13, 14, 20]);
  });

  it('holds what was known from before, unless its pid is another process now', () => {
    expect(pids(processTreeOf(table, 'mine', [entry(40, 10)]))).toEqual([10, 13, 14, 20, 40]);
    const reused = { ...entry(40, 10), startTime: '1' };
    expect(pids(processTreeOf(table, 'mine', [reused]))).toEqual([10, 13, 14, 20]);
  });

  it('is empty when nothing has the cookie', () => {
    expect(processTreeOf(table, 'none')).toEqual([]);
  });
});

describe('generationsOf', () => {
  it('puts parents before their children', () => {
    const family = [entry(14, 13), entry(10, 1), entry(13, 10), entry(20, 1), entry(15, 10)];
    expect(generationsOf(family).map(pids)).toEqual([[10, 20], [13, 15], [14]]);
  });

  it('ends on a table that contradicts itself', () => {
    expect(generationsOf([entry(1, 2), entry(2, 1)]).flat()).toHaveLength(2);
  });
});
