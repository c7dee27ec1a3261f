import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenPath } from '../daemon/token.js';
import { builtExamples, DaemonRig } from './daemon-rig.js';
import { isListening, ProvisioningRig, type Server } from './provisioning-rig.js';

const QUICK = '{provider: local}';
const SLOW = '{provider: local, delay: 60sec}';

describe('the daemon', () => {
  const built = builtExamples();
  const rig = new ProvisioningRig();
  const daemon = new DaemonRig(built, rig);
  beforeAll(() => daemon.start());
  beforeEach(() => rig.infra(QUICK));
  afterAll(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });

  /** Status of a request with exactly these headers. */
  const statusWith = async (headers: Record<string, string>): Promise<number | undefined> => {
    const asked = request(`${daemon.url}/workflows`, { headers }).end();
    const [answer] = await once(asked, 'response');
    answer.resume();
    return answer.statusCode;
  };
  const errorOf = async (answer: Response): Promise<string> => {
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.message).not.toBe('');
    return `${answer.status} ${error.code}`;
  };

  describe('lets in', () => {
    it('anyone to ask whether it is well', async () => {
      const answer = await fetch(`${daemon.url}/health`);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    });

    it('nobody without the token, which only its owner can read', async () => {
      expect(statSync(tokenPath(daemon.dataDir)).mode & 0o777).toBe(0o600);
      for (const authorization of ['', 'Bearer', 'Bearer x', `Basic ${daemon.token}`]) {
        const answer = await daemon.fetch('/workflows', { headers: { authorization } });
        expect(await errorOf(answer)).toBe('401 unauthorized');
      }
    });

    it('no request by another name, or from another origin', async () => {
      const authorization = `Bearer ${daemon.token}`;
      const { host } = new URL(daemon.url);
      expect(await statusWith({ authorization, host })).toBe(200);
      expect(await statusWith({ authorization, host: 'evil.example' })).toBe(421);
      expect(await statusWith({ authorization, host, origin: 'http://evil.example' })).toBe(403);
      expect(await statusWith({ authorization, host, origin: 'null' })).toBe(403);
    });
  });

  describe('refuses', () => {
    const create = (body: unknown, headers?: Record<string, string>) =>
      daemon.post('/workflows/servers/create', body, headers);

    it.each([
      ['a body without params that have no defaults', { infra: 'local' }],
      ['a name that is a path', { infra: 'local', params: { name: '../x' } }],
      ['an infrastructure that is a path', { infra: '/etc', params: { name: 'x' } }],
      ['a parameter it does not know', { infra: 'local', params: { name: 'x', sudo: true } }],
      ['a name with a line break', { infra: 'local', params: { name: 'x\n' } }],
    ])('%s', async (_what, body) => {
      expect(await errorOf(await create(body))).toBe('400 invalid');
    });

    it('a service that is not in the catalog', async () => {
      const params = { service: 'nix', server: 'x' };
      const answer = await daemon.post('/workflows/taskserv/create', { infra: 'local', params });
      expect(await errorOf(answer)).toBe('400 unknown_service');
    });

    it('other content, too much content, and keys that are too long', async () => {
      const body = { infra: 'local', params: { name: 'x' } };
      const plain = await create(body, { 'content-type': 'text/plain' });
      expect(await errorOf(plain)).toBe('415 content_type');
      expect(await errorOf(await create(' '.repeat(65 * 1024)))).toBe('413 too_large');
      const key = { 'idempotency-key': 'k'.repeat(256) };
      expect(await errorOf(await create(body, key))).toBe('400 invalid');
    });

    it('to show what it does not have', async () => {
      expect(await errorOf(await daemon.fetch('/workflows/none'))).toBe('404 NUFLOW_RUN_NOT_FOUND');
      expect(await errorOf(await daemon.fetch('/workflows/%2e%2e%2fx'))).toBe(
        '400 NUFLOW_INVALID_RUN_ID',
      );
      expect(await errorOf(await daemon.fetch('/nothing'))).toBe('404 not_found');
    });
  });

  it('has a workflow on disk when it answers 202', async () => {
    const id = await daemon.submit('servers/create', { name: 'durable' });
    const journal = join(daemon.dataDir, 'runs', id, 'journal.ndjson');
    expect(readFileSync(journal, 'utf8')).toContain('"type":"run.started"');
    await daemon.records(id);
    expect(await (await daemon.fetch(`/workflows/${id}`)).json()).toMatchObject({
      workflow: 'server.create',
      status: 'succeeded',
      progress: { total: 4, done: 4 },
    });
  });

  it('sends events in order, to a client that comes back only those it has not seen', async () => {
    const id = await daemon.submit('servers/create', { name: 'events' });
    const all = await daemon.records(id);
    expect(all.map((event) => event.id)).toEqual(all.map((_, index) => index + 1));
    expect([all[0]?.type, all.at(-1)?.type]).toEqual(['run.started', 'run.finished']);
    expect(await daemon.records(id, 5)).toEqual(all.slice(5));
    const headers = { 'last-event-id': String(all.length) };
    expect((await daemon.fetch(`/workflows/${id}/events`, { headers })).status).toBe(204);
  });

  it('takes a request with the same key once, and no other request with it', async () => {
    const key = { 'idempotency-key': 'order 66 ü' };
    const ask = (name: string) =>
      daemon.post('/workflows/servers/create', { infra: 'local', params: { name } }, key);
    const [one, two] = await Promise.all([ask('keyed'), ask('keyed')]);
    const { workflow_id: id } = (await one.json()) as { workflow_id: string };
    expect(await two.json()).toEqual({ workflow_id: id });
    expect(await errorOf(await ask('other'))).toBe('409 NUFLOW_RUN_CONFLICT');
    await daemon.records(id);
    expect(rig.ledger().filter(({ name }) => name === 'keyed')).toHaveLength(1);
  });

  it('shows what a task printed', async () => {
    const id = await daemon.submit('servers/create', { name: 'logged' });
    await daemon.records(id);
    const log = await daemon.fetch(`/workflows/${id}/tasks/server/log`);
    expect(log.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await log.text()).toBe('create-vm logged\n');
    const stdout = await daemon.fetch(`/workflows/${id}/tasks/server/log?stream=stdout`);
    expect(await stdout.text()).toBe('');
    const none = await daemon.fetch(`/workflows/${id}/tasks/none/log`);
    expect(await errorOf(none)).toBe('404 no_such_task');
  });

  it('cancels a workflow, and again does no harm', async () => {
    rig.infra(SLOW);
    const id = await daemon.submit('servers/create', { name: 'cancelled' });
    for await (const { type } of daemon.events(id)) if (type === 'task.spawned') break;
    const cancelled = await daemon.post(`/workflows/${id}/cancel`, {});
    expect([cancelled.status, await cancelled.json()]).toEqual([
      202,
      { workflow_id: id, status: 'cancelling' },
    ]);
    expect((await daemon.records(id)).at(-1)?.data).toMatchObject({ status: 'cancelled' });
    const again = await daemon.post(`/workflows/${id}/cancel`, {});
    expect(await again.json()).toEqual({ workflow_id: id, status: 'cancelled' });
    expect(existsSync(join(rig.dir, 'state/servers/cancelled'))).toBe(false);
  });

  it('serves the Nushell CLI: progress on stderr, the server on stdout, up', async () => {
    const args = ['server', 'create', 'wuji', '--orchestrated', '--json'];
    const { code, stdout, stderr } = await rig.cli(args, daemon.cliEnv);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^\[4\/4\] +volume: succeeded$/m)]);
    const server = JSON.parse(stdout) as Server;
    expect(await isListening(server.address)).toBe(true);
    const again = await rig.cli(args, daemon.cliEnv);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('provisioning::server_exists');
  });

  it('retries when the provider is away for a while', async () => {
    rig.infra('{provider: local, fail: {create-vm: 2}}');
    const id = await daemon.submit('servers/create', { name: 'retried' });
    const types = (await daemon.records(id)).map(({ type, data }) => [type, data.task]);
    expect(types.filter(([type]) => type === 'task.retryScheduled')).toHaveLength(2);
    expect(types.at(-1)?.[0]).toBe('run.finished');
  });

  it('has its data directory to itself', async () => {
    const second = daemon.spawn();
    const [code] = await once(second, 'exit');
    expect(code).toBe(75);
  });
});

describe('a daemon that is told to end', () => {
  const built = builtExamples();
  const rig = new ProvisioningRig();
  const daemon = new DaemonRig(built, rig);
  afterAll(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });

  it('lets running tasks end, starts no more, and goes on with the rest when it is back', async () => {
    rig.infra('{provider: local, delay: 300ms}');
    await daemon.start();
    const id = await daemon.submit('servers/create', { name: 'drained' });
    for await (const { type } of daemon.events(id)) if (type === 'task.spawned') break;
    expect(await daemon.end('SIGTERM')).toBe(0);
    expect(existsSync(join(rig.dir, 'state/servers/drained'))).toBe(false);
    await daemon.start();
    expect(daemon.greeting).toContain('1 resumed');
    const records = await daemon.records(id);
    expect(records.filter(({ type }) => type === 'task.interrupted')).toEqual([]);
    expect(records.at(-1)?.data).toMatchObject({ status: 'succeeded' });
  });

  it('ends at once when told again, and takes up what went on without it', async () => {
    rig.infra('{provider: local, delay: 2sec}');
    const id = await daemon.submit('servers/create', { name: 'detached' });
    let spawned = 0; // both that start at once: one that is only about to run is started again
    for await (const { type } of daemon.events(id))
      if (type === 'task.spawned' && ++spawned === 2) break;
    const first = daemon.end('SIGTERM');
    const closing = async () => (await fetch(`${daemon.url}/health`)).status;
    await expect.poll(closing).toBe(503);
    expect(await daemon.end('SIGTERM')).toBe(0);
    await first;
    rig.infra(QUICK);
    await daemon.start();
    const records = await daemon.records(id);
    expect(records.filter(({ type }) => type === 'task.started')).toHaveLength(4);
    expect(records.at(-1)?.data).toMatchObject({ status: 'succeeded' });
  });
});
