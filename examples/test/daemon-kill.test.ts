import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'nuflow/journal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtExamples, DaemonRig, type SentEvent } from './daemon-rig.js';
import { isListening, ProvisioningRig } from './provisioning-rig.js';

const KILLS = 8;
/** Network, image, 3 × (server, volume, service), health: three records each; the run's beginning and end. */
const RECORDS = 12 * 3 + 2;
const CLUSTER = { name: 'c', servers: 3, services: ['os-base'] };
const NAMES = ['c-1', 'c-2', 'c-3'];

/** The last kill comes when the health check, the last task, has started. */
const LAST = RECORDS - 3;
/** Kills spread over the run. */
const points = Array.from({ length: KILLS }, (_, i) =>
  Math.round(1 + (i * (LAST - 1)) / (KILLS - 1)),
);

describe('a daemon killed with kill -9 while it makes a cluster of three', () => {
  const built = builtExamples();
  let rig: ProvisioningRig;
  let daemon: DaemonRig;
  let inTheMiddle = 0;
  beforeEach(() => {
    rig = new ProvisioningRig();
    // Long enough for most kills to find tasks at work.
    rig.infra('{provider: local, delay: 40ms}');
    daemon = new DaemonRig(built, rig);
  });
  afterEach(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });

  /** Kills the daemon when its workflow has come to record `seq`; gives the records seen until then. */
  const killAt = async (id: string, seq: number): Promise<SentEvent[]> => {
    const seen: SentEvent[] = [];
    try {
      for await (const event of daemon.events(id)) {
        if (event.id !== undefined) seen.push(event);
        if (event.id !== undefined && event.id >= seq) await daemon.end('SIGKILL');
      }
    } catch {
      // The connection dies with the daemon.
    }
    return seen;
  };

  it.each(points)('after record %i, then started again, finishes it', async (seq) => {
    await daemon.start();
    const id = await daemon.submit('cluster/create', CLUSTER);
    const seen = await killAt(id, seq);
    await daemon.start();
    const records = await daemon.records(id);

    if (records.some(({ type }) => type === 'run.resumed')) inTheMiddle++;
    expect(records.at(-1)?.data).toMatchObject({ type: 'run.finished', status: 'succeeded' });
    // What was told before the crash stands.
    expect(records.slice(0, seen.length)).toEqual(seen);
    await daemon.end();
    expectWhole(join(daemon.dataDir, 'runs', id, 'journal.ndjson'), records);
    await expectCluster(rig);
    expectOneOutcomeEach(records);
  });

  it('was killed in the middle, nearly always', () => {
    expect(inTheMiddle).toBeGreaterThan(KILLS * 0.75);
  });
});

/** The journal holds these records, each with its checksum chained to the one before. */
function expectWhole(path: string, records: readonly SentEvent[]): void {
  const lines = readFileSync(path).toString('latin1').trimEnd().split('\n');
  let seed = 0;
  const found = lines.map((line, index) => {
    const decoded = decode(Buffer.from(line, 'latin1'), index + 1, seed);
    if (!decoded.ok) throw new Error(`line ${index + 1}: ${decoded.why}`);
    seed = decoded.crc;
    return decoded.record;
  });
  expect(found).toEqual(records.map(({ data }) => data));
}

/** Three servers, all up, and none of them, nor their services, made twice. */
async function expectCluster(rig: ProvisioningRig): Promise<void> {
  const servers = await rig.servers();
  expect(servers.map(({ name }) => name)).toEqual(NAMES);
  for (const { address, services } of servers) {
    expect(await isListening(address)).toBe(true);
    expect(services).toEqual(['os-base']);
  }
  const made = rig.ledger().map(({ op, name }) => `${op} ${name}`);
  const once = NAMES.flatMap((name) => [`create-vm ${name}`, `start-service ${name}`]);
  expect(made.sort()).toEqual(once.sort());
}

/** Outcomes are recorded once, also of tasks that ran when the daemon died. */
function expectOneOutcomeEach(records: readonly SentEvent[]): void {
  const ended = records
    .filter(({ type }) => type === 'task.succeeded')
    .map(({ data }) => data.task);
  expect(ended).toHaveLength(12);
  expect(new Set(ended).size).toBe(12);
}
