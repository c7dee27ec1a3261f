import { describe, expect, it } from 'vitest';
import { OutputCache } from '../../src/journal/outputs/output-cache.js';

const MIB = 1024 * 1024;

describe('OutputCache', () => {
  const reads: string[] = [];
  const cache = new OutputCache();
  const get = (key: string, bytes: number) =>
    cache.get(key, bytes, async () => {
      reads.push(key);
      return key;
    });
  const readsOf = async (...gets: [string, number][]): Promise<string[]> => {
    reads.length = 0;
    for (const [key, bytes] of gets) expect(await get(key, bytes)).toBe(key);
    return [...reads];
  };

  it('reads once what is asked for often', async () => {
    expect(await readsOf(['a', MIB], ['a', MIB], ['b', MIB], ['a', MIB])).toEqual(['a', 'b']);
  });

  it('forgets what was used least recently when there is too much', async () => {
    await readsOf(['c', 8 * MIB], ['a', MIB], ['d', 7 * MIB]);
    expect(await readsOf(['a', MIB], ['c', 8 * MIB], ['b', MIB])).toEqual(['b']);
    expect(await readsOf(['d', 7 * MIB], ['c', 8 * MIB])).toEqual(['d']);
  });

  it('shares what is too big to keep among those who ask at once', async () => {
    reads.length = 0;
    await Promise.all([get('big', 20 * MIB), get('big', 20 * MIB)]);
    expect(reads).toEqual(['big']);
    expect(await readsOf(['big', 20 * MIB])).toEqual(['big']);
  });

  it('keeps no failure', async () => {
    const failing = () => Promise.reject(new Error('no'));
    await expect(cache.get('x', 1, failing)).rejects.toThrow('no');
    expect(await readsOf(['x', 1], ['x', 1])).toEqual(['x']);
  });

  it('does not count what it forgot while it was being read, also when that fails', async () => {
    let fail = (_: Error): void => {};
    const slow = cache.get(
      'slow',
      15 * MIB,
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    await readsOf(['e', 2 * MIB], ['f', MIB]);
    fail(new Error('too late'));
    await expect(slow).rejects.toThrow('too late');
    expect(await readsOf(['g', 13 * MIB], ['e', 2 * MIB], ['f', MIB])).toEqual(['g']);
  });
});
