import { readFileSync } from 'node:fs';

/** What clients may take up at once, and for how long. */
export interface Limits {
  /** Connections, all together. */
  readonly connections: number;
  /** Connections of one address. */
  readonly perClient: number;
  /** Connections that have not shown the token yet; the oldest is closed for a new one. */
  readonly newcomers: number;
  /** Event streams. */
  readonly streams: number;
  /** Requests of one connection that wait for their answers (HTTP pipelining). */
  readonly pipelined: number;
  /** Until the headers of a request are complete, ms; also for a connection that says nothing. */
  readonly headersMs: number;
  /** Until a request is complete, its body included, ms. */
  readonly requestMs: number;
  /** Between an answer and the next request on a connection, ms. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves is closed after this time, ms: its client does not read. */
  readonly stalledMs: number;
  /** An event stream says something after so long a silence, ms; less than `stalledMs`. */
  readonly heartbeatMs: number;
}

const MOST_CONNECTIONS = 256;
const FEWEST_CONNECTIONS = 16;
/** What POSIX guarantees is less, and what systems give is more. */
const UNKNOWN_DESCRIPTORS = 1_024;

/**
 * The limits of a process that may open so many files. Connections get a quarter of them: each takes one, and
 * without free ones no journal can be opened and no task started.
 */
export function limitsFor(descriptors: number): Limits {
  const connections = Math.max(
    FEWEST_CONNECTIONS,
    Math.min(MOST_CONNECTIONS, Math.floor(descriptors / 4)),
  );
  return {
    connections,
    perClient: Math.ceil(connections * 0.75),
    newcomers: Math.floor(connections / 4),
    streams: Math.floor(connections / 2),
    pipelined: 16,
    headersMs: 5_000,
    requestMs: 15_000,
    keepAliveMs: 5_000,
    stalledMs: 60_000,
    heartbeatMs: 15_000,
  };
}

/** How many files this process may have open. Node raises the limit to the hard one when it starts. */
export function descriptorLimit(): number {
  try {
    const found = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(found?.[1] ?? UNKNOWN_DESCRIPTORS);
  } catch {
    return UNKNOWN_DESCRIPTORS; // not Linux
  }
}
