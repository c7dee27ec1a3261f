import type { Log } from '../daemon/log.js';

/** A log that keeps what was said. */
export class MemoryLog implements Log {
  readonly lines: string[] = [];
  readonly failures: unknown[] = [];

  line(text: string): void {
    this.lines.push(text);
  }

  failure(error: unknown): void {
    this.failures.push(error);
  }
}
