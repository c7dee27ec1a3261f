import type { Prng } from './prng.js';

/** What a disk writes as a whole. The page cache is kept in pieces of the same size. */
export const SECTOR = 512;

/** Bytes that grow. Beyond the end is all zero. */
class Bytes {
  size = 0;
  #buffer = Buffer.alloc(SECTOR);

  write(at: number, bytes: Uint8Array): void {
    this.#reserve(at + bytes.length);
    this.#buffer.set(bytes, at);
    this.size = Math.max(this.size, at + bytes.length);
  }

  /** Cuts, or extends with zeros. */
  resize(size: number): void {
    this.#reserve(size);
    if (size < this.size) this.#buffer.fill(0, size, this.size);
    this.size = size;
  }

  view(from = 0, to = this.size): Buffer {
    return this.#buffer.subarray(from, Math.min(to, this.size));
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const bigger = Buffer.alloc(Math.max(size, 2 * this.#buffer.length));
    bigger.set(this.#buffer);
    this.#buffer = bigger;
  }
}

/** What a sync will make durable: what was dirty when it was asked for. */
export interface PendingSync {
  readonly stamp: number;
  readonly size: number;
  readonly sectors: readonly number[];
}

/**
 * A file as programs see it (the page cache) and as it is on disk:
 *
 *   write ──► cache, sectors dirty ──sync──► disk          a failed sync leaves them clean, and not on disk
 *                        └──machine crash──► each on disk or not, as chance has it
 */
export class SimFile {
  readonly #cache = new Bytes();
  readonly #disk = new Bytes();
  /** Sectors of the cache that are not on disk, and when they were last written. */
  readonly #dirty = new Map<number, number>();
  #stamp = 0;
  /** Smallest size the file was cut to since it was on disk. */
  #cutTo: number | undefined;

  get size(): number {
    return this.#cache.size;
  }

  /** What a reader sees. Not a copy. */
  get content(): Buffer {
    return this.#cache.view();
  }

  /** What is sure to survive. Not a copy. */
  get durable(): Buffer {
    return this.#disk.view();
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#cutTo !== undefined;
  }

  append(bytes: Uint8Array): void {
    this.write(this.#cache.size, bytes);
  }

  write(at: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#cache.write(at, bytes);
    this.#stamp++;
    for (let s = Math.floor(at / SECTOR); s * SECTOR < at + bytes.length; s++)
      this.#dirty.set(s, this.#stamp);
  }

  /** Everything gets to the disk in time, and then a bit of a byte turns over there. */
  damage(at: number, bit: number): void {
    const byte = this.#cache.view(at, at + 1)[0] ?? 0;
    this.#cache.write(at, Buffer.from([byte ^ (1 << bit)]));
    this.#disk.resize(0);
    this.#disk.write(0, this.#cache.view());
    this.#dirty.clear();
    this.#cutTo = undefined;
  }

  truncate(size: number): void {
    this.#stamp++;
    if (size < this.#cache.size) this.#cutTo = Math.min(this.#cutTo ?? size, size);
    this.#cache.resize(size);
    for (const sector of this.#dirty.keys())
      if (sector * SECTOR >= size) this.#dirty.delete(sector);
  }

  beginSync(): PendingSync {
    return { stamp: this.#stamp, size: this.#cache.size, sectors: [...this.#dirty.keys()] };
  }

  /** What was dirty when the sync began is on disk. */
  finishSync(sync: PendingSync): void {
    this.#applyCut(sync.size);
    for (const sector of sync.sectors) this.#store(sector, sync.size);
    this.#disk.resize(Math.max(this.#disk.size, sync.size));
    this.#clean(sync);
  }

  /**
   * The sync failed. Some sectors may be on disk; the others never will be, though the kernel counts them as
   * written: readers see them until the cache is dropped, and no later sync tries again (fsyncgate).
   */
  failSync(sync: PendingSync, prng: Prng): void {
    const stored = sync.sectors.filter(() => prng.chance(0.3));
    this.#applyCut(sync.size);
    for (const sector of stored) this.#store(sector, sync.size);
    if (prng.chance(0.5)) this.#disk.resize(Math.max(this.#disk.size, sync.size));
    const lost = sync.sectors.filter((sector) => !stored.includes(sector));
    this.#clean(sync);
    if (prng.chance(0.5)) this.#dropCache(lost);
  }

  /** The machine loses power: what was not synced is on disk in part, in any order, perhaps with holes. */
  crash(prng: Prng): void {
    const keepsCut = this.#cutTo === undefined || prng.chance(0.5);
    if (keepsCut) this.#crashDirty(prng);
    this.#dirty.clear();
    this.#cutTo = undefined;
    this.#cache.resize(0);
    this.#cache.write(0, this.#disk.view());
  }

  #crashDirty(prng: Prng): void {
    if (!this.isDirty) return;
    this.#applyCut(this.#cache.size);
    const before = this.#disk.size;
    const end = prng.pick([before, this.#cache.size, prng.between(before, this.#cache.size)]);
    const inOrder = prng.chance(0.5);
    const kept = prng.next();
    for (const sector of this.#dirty.keys())
      if (inOrder || prng.chance(kept)) this.#store(sector, Math.max(end, before));
    // Sectors that did not make it are holes when the file's new size did.
    this.#disk.resize(Math.max(this.#disk.size, end));
  }

  #applyCut(size: number): void {
    if (this.#cutTo === undefined) return;
    this.#disk.resize(Math.min(this.#disk.size, this.#cutTo, size));
    this.#cutTo = undefined;
  }

  /** Puts a sector of the cache on disk, up to byte `end` of the file. */
  #store(sector: number, end: number): void {
    const from = sector * SECTOR;
    const to = Math.min(from + SECTOR, end, this.#cache.size);
    if (to <= from) return;
    this.#disk.write(from, this.#cache.view(from, to));
  }

  #clean({ stamp, sectors }: PendingSync): void {
    for (const sector of sectors)
      if ((this.#dirty.get(sector) ?? 0) <= stamp) this.#dirty.delete(sector);
  }

  #dropCache(sectors: readonly number[]): void {
    for (const sector of sectors) {
      if (this.#dirty.has(sector)) continue;
      const from = sector * SECTOR;
      const to = Math.min(from + SECTOR, this.#cache.size);
      if (to <= from) continue;
      const onDisk = Buffer.alloc(to - from);
      this.#disk.view(from, to).copy(onDisk);
      this.#cache.write(from, onDisk);
    }
  }
}
