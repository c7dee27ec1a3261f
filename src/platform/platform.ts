import { type Clock, systemClock } from './clock.js';
import type { FileSystem } from './file-system.js';
import { type Locks, systemLocks } from './lock.js';
import { nodeFileSystem } from './node-file-system.js';
import { type Random, systemRandom } from './random.js';

/** Everything outside the program that nuflow's decisions depend on, in one place to replace. */
export interface Platform {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly locks: Locks;
  /** Of this process. */
  readonly pid: number;
}

/** This machine. */
export const systemPlatform: Platform = {
  fileSystem: nodeFileSystem,
  clock: systemClock,
  random: systemRandom,
  locks: systemLocks,
  pid: process.pid,
};
