import type { Orchestrator } from 'nuflow';
import type { Catalog } from '../workflows/catalog.js';
import type { Connections } from './connections.js';
import type { Log } from './log.js';
import type { EventStreams } from './sse.js';

/** What the routes work with. */
export interface Daemon {
  readonly orchestrator: Orchestrator;
  readonly dataDir: string;
  readonly token: string;
  /** Names by which this daemon may be called in a Host header, see `hostNames`. */
  readonly hosts: ReadonlySet<string>;
  /** Read for each request, so that it may change while the daemon runs. */
  readonly catalog: () => Promise<Catalog>;
  /** Whether the daemon is about to end; it takes no new workflows then. */
  readonly closing: () => boolean;
  readonly log: Log;
  readonly streams: EventStreams;
  /** The connections that requests come over; none in a test without them. */
  readonly connections?: Connections | undefined;
}
