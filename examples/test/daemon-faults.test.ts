import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtExamples, DaemonRig } from './daemon-rig.js';
import { ProvisioningRig } from './provisioning-rig.js';

/** Whether a file system can be mounted here, in a namespace of its own. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' });
    return true;
  } catch (error) {
    console.log(`daemon on a full disk: skipped, no file system can be mounted here: ${error}`);
    return false;
  }
}

/** Takes all the space that is left where the file is. */
function fillWith(path: string): void {
  const file = openSync(path, 'w');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4))
    try {
      for (;;) writeSync(file, Buffer.alloc(size, 1));
    } catch {
      // smaller pieces may still fit
    }
  closeSync(file);
}

describe('a daemon', () => {
  const built = builtExamples();
  let rig: ProvisioningRig;
  let daemon: DaemonRig;
  beforeEach(() => {
    rig = new ProvisioningRig();
    daemon = new DaemonRig(built, rig);
  });
  afterEach(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });

  it('whose log nobody reads any more serves on', async () => {
    await daemon.start();
    const id = await daemon.submit('servers/create', { name: 'damaged' });
    await daemon.records(id);
    await daemon.end('SIGTERM');
    const journal = join(daemon.dataDir, 'runs', id, 'journal.ndjson');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('task.started', 'task.sturted'));
    await daemon.start();
    daemon.closeOutput();
    for (let n = 0; n < 5; n++)
      expect((await daemon.fetch(`/workflows/${id}/tasks/t${n}/output`)).status).toBe(500);
    expect((await daemon.fetch('/workflows')).status).toBe(200);
    expect(await daemon.end('SIGTERM')).toBe(0);
  });

  it.skipIf(!canMount())('is not ready while a full disk lets it take no workflow', async () => {
    const data = await daemon.startOnOwnDisk();
    const filler = join(data, '..', 'filler');
    const health = async (): Promise<unknown> => (await daemon.fetch('/health/ready')).json();
    expect(await health()).toEqual({ status: 'ok' });
    fillWith(filler);
    expect(await health()).toEqual({
      status: 'degraded',
      codes: ['NUFLOW_DISK_FULL'],
      count: 0,
      stopped: [],
    });
    expect((await fetch(`${daemon.url}/health`)).status).toBe(503);
    rmSync(filler);
    await expect.poll(health).toEqual({ status: 'ok' });
  });

  it.skipIf(!canMount())(
    'on a full disk says so, acknowledges nothing, and goes on by itself when there is space',
    async () => {
      rig.infra('{provider: local, delay: 1sec}');
      const data = await daemon.startOnOwnDisk();
      const id = await daemon.submit('servers/create', { name: 'patient' });
      for await (const { type } of daemon.events(id)) if (type === 'task.spawned') break;
      const filler = join(data, '..', 'filler');
      fillWith(filler);
      const health = async (): Promise<unknown> => (await daemon.fetch('/health/ready')).json();
      await expect.poll(health, { timeout: 20_000 }).toMatchObject({
        status: 'degraded',
        stopped: [{ run: id, code: expect.stringMatching(/^NUFLOW_/) }],
      });
      expect((await fetch(`${daemon.url}/health`)).status).toBe(503);
      expect((await fetch(`${daemon.url}/health/live`)).status).toBe(200);
      expect(daemon.complaints).toContain(`${id} stopped: NUFLOW_`);
      const { workflows } = (await (await daemon.fetch('/workflows')).json()) as {
        workflows: { id: string; stopped?: { code: string } }[];
      };
      expect(workflows.find((it) => it.id === id)?.stopped?.code).toMatch(/^NUFLOW_/);

      for (let n = 0; n < 5; n++) {
        const refused = await daemon.post('/workflows/servers/create', {
          infra: 'local',
          params: { name: `other-${n}` },
        });
        expect([refused.status, await refused.text()]).toEqual([
          503,
          expect.stringMatching(/NUFLOW_(DISK_FULL|JOURNAL_WRITE)/),
        ]);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
      }

      rmSync(filler);
      const shown = async (): Promise<unknown> => (await daemon.fetch(`/workflows/${id}`)).json();
      await expect.poll(shown, { timeout: 60_000, interval: 200 }).toMatchObject({
        status: 'succeeded',
      });
      await expect.poll(health).toEqual({ status: 'ok' });
      const again = await daemon.submit('servers/create', { name: 'after' });
      expect((await daemon.records(again)).at(-1)?.data).toMatchObject({ status: 'succeeded' });
    },
    120_000,
  );
});
