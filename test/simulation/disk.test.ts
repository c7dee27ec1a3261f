import { describe, expect, it } from 'vitest';
import { Prng } from './prng.js';
import { SimDisk } from './sim-disk.js';
import { SECTOR, SimFile } from './sim-file.js';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const text = (length: number, letter: string): Buffer => Buffer.from(letter.repeat(length));

function synced(file: SimFile): SimFile {
  file.finishSync(file.beginSync());
  return file;
}

/** What 200 crashes make of a file. */
function crashes(make: (prng: Prng) => SimFile): string[] {
  return SEEDS.map((seed) => {
    const prng = new Prng(seed);
    const file = make(prng);
    file.crash(prng);
    return file.content.toString('latin1');
  });
}

describe('a simulated file after a crash', () => {
  it('holds what was synced, and any part of what was not: none, cut at any byte, with holes, all', () => {
    const old = text(700, 'a');
    const fresh = text(3 * SECTOR, 'b');
    const found = crashes(() => {
      const file = new SimFile();
      file.append(old);
      synced(file).append(fresh);
      return file;
    });
    for (const content of found) {
      expect(content.slice(0, old.length)).toBe(old.toString());
      expect(content.slice(old.length)).toMatch(/^[b\0]*$/);
    }
    const lengths = new Set(found.map((content) => content.length));
    expect(lengths.has(old.length)).toBe(true);
    expect(lengths.has(old.length + fresh.length)).toBe(true);
    expect(lengths.size).toBeGreaterThan(20);
    expect(found.some((content) => /b\0+b/.test(content))).toBe(true);
    expect(found.some((content) => /\0$/.test(content))).toBe(true);
  });

  it('has an unsynced cut or has it not, and nothing that was written behind one it has not', () => {
    const found = crashes(() => {
      const file = new SimFile();
      file.append(text(100, 'a'));
      synced(file).truncate(50);
      file.append(text(10, 'b'));
      return file;
    });
    for (const content of found) expect(content).toMatch(/^(a{100}|a{50}[b\0]{0,10})$/);
    expect(new Set(found.map((content) => content.length)).size).toBeGreaterThan(2);
  });

  it('may never have what a failed sync lost, though readers saw it and later syncs succeeded', () => {
    let seen = 0;
    const found = crashes((prng) => {
      const file = new SimFile();
      file.append(text(SECTOR, 'a'));
      file.failSync(file.beginSync(), prng);
      if (file.content.includes('a')) seen++;
      file.append(text(SECTOR, 'b'));
      return synced(file);
    });
    const lost = found.filter((content) => content.startsWith('\0'));
    expect(lost.length).toBeGreaterThan(20);
    expect(seen).toBeGreaterThan(SEEDS.length - lost.length);
    for (const content of found) expect(content.slice(SECTOR)).toBe('b'.repeat(SECTOR));
  });

  it('has it when it was written once more', () => {
    const found = crashes((prng) => {
      const file = new SimFile();
      file.append(text(SECTOR, 'a'));
      file.failSync(file.beginSync(), prng);
      file.write(0, text(SECTOR, 'a'));
      return synced(file);
    });
    expect(new Set(found)).toEqual(new Set(['a'.repeat(SECTOR)]));
  });
});

describe('a simulated disk after a crash', () => {
  it('has names that were synced, and any of the others; a rename is done or not', () => {
    const outcomes = SEEDS.map((seed) => {
      const disk = new SimDisk();
      disk.makeFolder('/d');
      disk.root.change([['old', new SimFile()]]);
      disk.root.finishSync(disk.root.stamp);
      disk.root.change([['new', new SimFile()]]);
      disk.rename('/old', '/moved');
      disk.crash(new Prng(seed));
      return [...disk.root.names.keys()].sort().join(' ');
    });
    expect(new Set(outcomes)).toEqual(new Set(['d old', 'd new old', 'd moved', 'd moved new']));
  });

  it('knows what is durable: bytes synced, under names synced', () => {
    const disk = new SimDisk();
    disk.makeFolder('/d');
    const file = new SimFile();
    disk.folder('/d').change([['f', file]]);
    file.append(text(3, 'a'));
    synced(file);
    expect(disk.durable('/d/f').toString()).toBe('');
    disk.folder('/d').finishSync(disk.folder('/d').stamp);
    disk.root.finishSync(disk.root.stamp);
    file.append(text(3, 'b'));
    expect(disk.durable('/d/f').toString()).toBe('aaa');
    disk.rename('/d/f', '/d/g');
    expect(disk.durable('/d/g').toString()).toBe('');
  });
});
