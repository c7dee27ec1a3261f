import type { Platform } from '../platform/platform.js';

/** An id that nobody can have asked for, such as `20261124-150405-0a1b2c3d4e5f`: such ids sort by time, and people can read them. */
export function generateRunId({ clock, random }: Pick<Platform, 'clock' | 'random'>): string {
  const now = new Date(clock.now()).toISOString();
  const time = now.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${time}-${random.hex(6)}`;
}
