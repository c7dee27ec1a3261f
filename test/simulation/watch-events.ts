import { isRecord, type RunEvent } from '../../src/events.js';
import type { Run } from '../../src/runtime/run.js';
import type { Host } from './host.js';
import type { Machine } from './machine.js';

/**
 * Sees that a run's events come in order and without gaps, to a listener and, of some runs, to an iterator. Who listens
 * right after start or resume also gets what was emitted before: the first event may be older than the snapshot, never newer.
 */
export async function watchEvents(machine: Machine, host: Host, run: Run): Promise<void> {
  const unseen = run.snapshot().seq + 1;
  let next: number | undefined;
  run.on('*', (event: RunEvent) => {
    if (!host.isAlive) return;
    if (isRecord(event)) {
      next ??= Math.min(event.seq, unseen);
      if (event.seq !== next++)
        machine.violate(`${run.id}: event ${event.seq} came instead of ${next - 1}`);
    }
    machine.witness.event(run.id, event, isRecord(event) && event.seq < unseen);
  });
  if (host.prng.chance(0.2)) await iterate(machine, host, run);
}

async function iterate(machine: Machine, host: Host, run: Run): Promise<void> {
  let next = host.prng.between(1, run.snapshot().seq + 1);
  for await (const event of run.events({ from: next })) {
    if (!host.isAlive) return;
    if (!isRecord(event)) continue;
    if (event.seq !== next++)
      machine.violate(`${run.id}: the iterator gave ${event.seq} instead of ${next - 1}`);
    if (machine.witness.log(run.id).lines[event.seq - 1] === undefined)
      machine.violate(`${run.id}: the iterator gave ${event.seq}, which is not on disk`);
  }
  if (run.snapshot().seq >= next) machine.violate(`${run.id}: the iterator ended before ${next}`);
}
