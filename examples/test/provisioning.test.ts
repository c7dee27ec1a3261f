import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isListening, NUSHELLS, ProvisioningRig, type Server } from './provisioning-rig.js';

describe.each(NUSHELLS)('provisioning directly, on Nushell %s', (version, binary) => {
  let rig: ProvisioningRig;
  beforeEach(() => {
    rig = new ProvisioningRig(binary);
  });
  afterEach(() => rig.remove());

  it('creates a server that listens, lists it, and deletes it so that nobody listens', async () => {
    const made = await rig.json<Server>(['server', 'create', 'wuji', '--size', 'large']);
    expect(made).toMatchObject({ name: 'wuji', status: 'up', size: 'large' });
    expect(await isListening(made.address)).toBe(true);
    expect(await rig.servers()).toEqual([made]);
    await rig.json(['server', 'delete', 'wuji']);
    expect(await isListening(made.address)).toBe(false);
    expect(await rig.servers()).toEqual([]);
  });

  it('renders the server config from the template', async () => {
    await rig.json(['server', 'create', 'wuji']);
    const config = readFileSync(join(rig.dir, 'state/servers/wuji/server.conf'), 'utf8');
    expect(config).toMatch(/^name\s+= wuji$/m);
    expect(config).not.toContain('{{');
  });

  it('refuses a name that another request took', async () => {
    await rig.json(['server', 'create', 'wuji']);
    const again = await rig.cli(['server', 'create', 'wuji']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain("there is a server 'wuji' already");
    if (version !== '0.108') expect(again.stderr).toContain('provisioning::server_exists');
    expect(rig.ledger()).toHaveLength(1);
  });

  it('gives the same request the server it made, and makes no second one', async () => {
    const env = { NUFLOW_TASK_KEY: 'key-1' };
    const first = await rig.json<Server>(['server', 'create', 'wuji'], env);
    expect(await rig.json(['server', 'create', 'wuji'], env)).toEqual(first);
    expect(rig.ledger()).toMatchObject([{ op: 'create-vm', name: 'wuji', key: 'key-1' }]);
  });

  it('tells a request whether it made a server that is up', async () => {
    const made = (name: string, key: string) =>
      rig.call<Server | null>('servers/find.nu', 'made-server', [name], key);
    const server = await rig.json<Server>(['server', 'create', 'wuji'], {
      NUFLOW_TASK_KEY: 'mine',
    });
    expect(made('wuji', 'mine')).toEqual(server);
    expect(made('wuji', 'other')).toBe(null);
    expect(made('none', 'mine')).toBe(null);
    await rig.json(['server', 'delete', 'wuji']);
    expect(made('wuji', 'mine')).toBe(null);
    rig.infra('{provider: nowhere}');
    expect(() => made('wuji', 'mine')).toThrow(/wants provider/);
  });

  it('makes one server of two requests with the same key at the same time', async () => {
    const env = { NUFLOW_TASK_KEY: 'key-1' };
    await rig.cli(['server', 'create', 'other']);
    const create = () => rig.json<Server>(['server', 'create', 'wuji'], env);
    const [one, two] = await Promise.all([create(), create()]);
    expect(one).toEqual(two);
    expect(rig.ledger().filter(({ name }) => name === 'wuji')).toHaveLength(1);
  });

  it.each(['../escape', 'a/b', 'UPPER', 'a b', 'x'.repeat(64), "a'; exit", '$(id)', 'ü'])(
    'refuses the name %j',
    async (name) => {
      const { code, stderr } = await rig.cli(['server', 'create', name]);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/is no[\s|]+valid server name/);
      expect(await rig.servers()).toEqual([]);
    },
  );

  it('creates a cluster, its services in order, and deletes it', async () => {
    const made = await rig.json<{ servers: Server[] }>(['cluster', 'create', 'c', '--servers=2']);
    expect(made.servers.map(({ name }) => name)).toEqual(['c-1', 'c-2']);
    expect(made.servers[0]?.services).toEqual(['containerd', 'kubelet', 'os-base']);
    const services = rig
      .ledger()
      .filter(({ op, name }) => op === 'start-service' && name === 'c-1');
    expect(services.map(({ service }) => service)).toEqual(['os-base', 'containerd', 'kubelet']);
    await rig.json(['cluster', 'delete', 'c']);
    expect(await rig.servers()).toEqual([]);
  });

  it('says so when a server is down', async () => {
    const { address } = await rig.json<Server>(['server', 'create', 'wuji']);
    const { pid } = JSON.parse(
      readFileSync(join(rig.dir, 'state/servers/wuji/address.json'), 'utf8'),
    ) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isListening(address)).toBe(false);
    expect(await rig.servers()).toMatchObject([{ name: 'wuji', status: 'down', address: null }]);
  });

  it('fails as often as the infrastructure file wants it, then works', async () => {
    rig.infra('{provider: local, fail: {create-vm: 1}}');
    const first = await rig.cli(['server', 'create', 'wuji']);
    expect(first.stderr).toContain('the provider is down for a while');
    expect(await rig.json(['server', 'create', 'wuji'])).toMatchObject({ status: 'up' });
  });
});
