import { join } from 'node:path';
import { Orchestrator } from 'nuflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provisioningDir } from '../daemon/places.js';
import { inOrder, readCatalog } from '../workflows/catalog.js';
import { taskservCreate } from '../workflows/taskserv.js';
import { NUSHELLS, ProvisioningRig } from './provisioning-rig.js';

/** The service with the deepest requirements: 60 services, each requiring the one before. */
const DEEPEST = 'developer-portal';
const DEPTH = 60;

describe.each(NUSHELLS)('a service that requires 59 others, on Nushell %s', (_version, binary) => {
  let rig: ProvisioningRig;
  beforeEach(async () => {
    rig = new ProvisioningRig(binary);
    await rig.json(['server', 'create', 'wuji']);
  });
  afterEach(() => rig.remove());

  it('is too deep to install directly: Nushell ends it at its recursion limit', async () => {
    const { code, stderr } = await rig.cli(['taskserv', 'create', DEEPEST, 'wuji']);
    expect(code).toBe(1);
    expect(stderr).toContain('nu::shell::recursion_limit_reached');
    expect(await rig.servers()).toMatchObject([{ name: 'wuji', services: [] }]);
  });

  it('is installed by the same commands when each has a process of its own', async () => {
    const catalog = await readCatalog(provisioningDir());
    await using orchestrator = await Orchestrator.open({
      dataDir: join(rig.dir, 'data'),
      baseDir: provisioningDir(),
      nushell: { binary, env: rig.env },
    });
    const run = await orchestrator.start(taskservCreate(DEEPEST, catalog), {
      input: { infra: 'local', server: 'wuji' },
    });
    expect(await run.result).toMatchObject({ status: 'succeeded', failures: [] });
    const [server] = await rig.servers();
    expect(server?.services).toHaveLength(DEPTH);
    const installed = rig.ledger().filter(({ op }) => op === 'start-service');
    expect(installed.map(({ service }) => service)).toEqual(inOrder(catalog, [DEEPEST]));
  });
});
