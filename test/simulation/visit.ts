import { DataDirLockedError } from '../../src/errors.js';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { Orchestrator } from '../../src/runtime/orchestrator.js';
import type { Host } from './host.js';
import { DATA_DIR, type Machine } from './machine.js';

/** The orchestrator that another process visits. */
export interface Visited {
  readonly pid: number;
  readonly isOpen: () => boolean;
}

/** Another process looks at all runs without a lock, and is refused when it wants to work on them. */
export async function visit(machine: Machine, visitor: Host, visited: Visited): Promise<void> {
  try {
    await look(machine, visitor);
    if (visited.isOpen()) await intrude(machine, visitor, visited);
  } catch (error) {
    machine.violate(`a visitor: ${(error as Error).stack}`);
  } finally {
    visitor.die();
  }
}

/** What is read while another writes is a run as it was at some moment, never damage. */
async function look(machine: Machine, { platform }: Host): Promise<void> {
  const dir = new DataDir(platform.fileSystem, DATA_DIR);
  for (const run of machine.witness.runs) {
    if (machine.damage.has(run)) continue;
    const known = machine.witness.log(run).records.length;
    if (known === 0) continue;
    const { seq } = await dir.readState(run);
    if (seq < known) machine.violate(`${run}: a reader saw ${seq} of ${known} records`);
  }
}

async function intrude(machine: Machine, visitor: Host, { pid, isOpen }: Visited): Promise<void> {
  const opening = Orchestrator.open({
    dataDir: DATA_DIR,
    baseDir: '/',
    platform: visitor.platform,
  });
  const refusal = await opening.then(
    () => undefined,
    (error: Error) => error,
  );
  if (!isOpen()) return; // it may have been closed or have died meanwhile
  if (!(refusal instanceof DataDirLockedError) || refusal.pid !== pid)
    machine.violate(`a second opener was not refused: ${refusal}`);
}
