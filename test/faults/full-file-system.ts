import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real file system that can be filled. Made inside a mount namespace that goes with its process, so that nothing stays mounted. */
export interface FullableDisk {
  /** Folder in it. */
  readonly path: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back, and makes the file system usable again if it gave up. */
  free(): void;
  remove(): void;
}

export type Kind = 'tmpfs' | 'ext4' | 'thin';

const MIB = 1024 * 1024;

/**
 * `tmpfs` and `ext4` say ENOSPC when something is written. `thin` is an ext4 that believes to have space, on a
 * disk that has none: what is written is taken, and the sync fails.
 */
export function fullableDisk(kind: Kind): FullableDisk {
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-full-'));
  switch (kind) {
    case 'tmpfs':
      return tmpfs(folder, 16);
    case 'ext4':
      return ext4(folder, join(folder, 'image'), 24);
    case 'thin':
      return thin(folder);
  }
}

function tmpfs(folder: string, mib: number): FullableDisk {
  const path = mounted(join(folder, 'mount'), ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs']);
  return diskAt(path, folder);
}

function ext4(folder: string, image: string, mib: number): FullableDisk {
  makeExt4(image, mib);
  const path = mounted(join(folder, 'mount'), ['-o', 'loop', image]);
  return diskAt(path, folder);
}

/** The mounted file system `path`, with all that is kept for it in `folder`. */
function diskAt(path: string, folder: string): FullableDisk {
  return {
    path,
    fill: () => fill(join(path, 'filler')),
    free: () => rmSync(join(path, 'filler')),
    remove() {
      unmount(path);
      rmSync(folder, { recursive: true });
    },
  };
}

function thin(folder: string): FullableDisk {
  const below = tmpfs(join(folder), 24);
  const image = join(below.path, 'image');
  makeExt4(image, 64);
  const path = mounted(join(folder, 'thin'), ['-o', 'loop', image]);
  return {
    path,
    fill: below.fill,
    free() {
      unmount(path);
      below.free();
      run('e2fsck', '-f', '-y', image);
      mounted(path, ['-o', 'loop', image]);
    },
    remove() {
      unmount(path);
      below.remove();
    },
  };
}

function makeExt4(image: string, mib: number): void {
  run('truncate', '-s', `${mib}M`, image);
  const whole = 'lazy_itable_init=0,lazy_journal_init=0';
  run('mkfs.ext4', '-q', '-F', '-m', '0', '-J', 'size=4', '-E', whole, image);
}

function mounted(path: string, how: readonly string[]): string {
  mkdirSync(path, { recursive: true });
  run('mount', ...how, path);
  return path;
}

/** A task may hold something open for a moment still. */
function unmount(path: string): void {
  try {
    run('umount', path);
  } catch {
    run('umount', '-l', path);
  }
}

/** e2fsck ends with 1 when it has mended something. */
function run(command: string, ...args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: 'pipe' });
  } catch (error) {
    if (command === 'e2fsck' && (error as { status?: number }).status === 1) return;
    throw error;
  }
}

function fill(path: string): void {
  const fd = openSync(path, 'w');
  for (let size = MIB; size >= 1; size = Math.floor(size / 4)) {
    const piece = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(fd, piece);
    } catch {
      // smaller pieces may still fit
    }
  }
  closeSync(fd);
}
