import { defineWorkflow, type TaskBuilder, type TaskRef, type Workflow } from 'nuflow';
import { z } from 'zod';
import { type Catalog, inOrder, requirements } from './catalog.js';
import {
  ASKS_PROVIDER,
  installed,
  label,
  server,
  serverProbe,
  serverSize,
  withId,
} from './common.js';

/** What `cluster/create` is asked with. */
export const clusterParams = z.strictObject({
  name: label.max(58, 'leave room for the numbers of the servers: at most 58 characters'),
  servers: z.int().min(1).max(100).default(3),
  services: z.array(label).max(50).default(['kubelet']),
  size: serverSize.default('small'),
});
export type ClusterParams = z.output<typeof clusterParams>;

const input = z.object({ infra: label, name: label, size: serverSize });
type Input = z.output<typeof input>;

const health = z.looseObject({ healthy: z.literal(true), servers: z.array(server) });

/**
 *   network ─┐    ┌─► demo-1 ─► its volume, its services in order ─┐
 *            ├──► ├─► demo-2 ─► …                                  ├─► health
 *   image ───┘    └─► demo-3 ─► …                                  ┘
 *
 * How many tasks there are depends on what is asked for, so the definition is made for each request; it is
 * data all the same. Throws UnknownServiceError.
 */
export function clusterCreate(
  params: ClusterParams,
  catalog: Catalog,
): Workflow<z.input<typeof input>, unknown> {
  const services = inOrder(catalog, params.services);
  const names = Array.from({ length: params.servers }, (_, i) => `${params.name}-${i + 1}`);
  return defineWorkflow('cluster.create', {
    input,
    onFailure: 'finish',
    tasks: (t) => {
      const base = foundation(t);
      const parts = names.flatMap((name) => addServer(t, name, base, services, catalog));
      const checked = t.nu('health', {
        use: 'clusters/health.nu',
        call: 'check-health',
        needs: parts,
        args: [names],
        flags: { services, infra: { $input: 'infra' } },
        output: health,
        ...ASKS_PROVIDER,
      });
      return { health: checked };
    },
  });
}

interface Foundation extends Readonly<Record<string, TaskRef>> {
  readonly network: TaskRef;
  readonly image: TaskRef;
}

/** What all servers stand on. */
function foundation(t: TaskBuilder<Input>): Foundation {
  const infra = { args: [{ $input: 'infra' }], output: withId, ...ASKS_PROVIDER };
  return {
    network: t.nu('network', { use: 'servers/network.nu', call: 'create-network', ...infra }),
    image: t.nu('image', { use: 'servers/image.nu', call: 'prepare-image', ...infra }),
  };
}

/** A server, its volume and its services; returns all of its tasks. */
function addServer(
  t: TaskBuilder<Input>,
  name: string,
  needs: Foundation,
  services: readonly string[],
  catalog: Catalog,
): TaskRef[] {
  const infra = { $input: 'infra' };
  const created = t.nu(name, {
    use: 'servers/create.nu',
    call: 'create-server',
    needs,
    args: [name],
    flags: {
      infra,
      network: { $output: 'network.id' },
      image: { $output: 'image.id' },
      size: { $input: 'size' },
      cluster: { $input: 'name' },
    },
    output: server,
    probe: serverProbe(name),
    ...ASKS_PROVIDER,
  });
  const volume = t.nu(`volume of ${name}`, {
    use: 'servers/storage.nu',
    call: 'attach-volume',
    needs: [created],
    args: [name],
    flags: { infra },
    output: withId,
    ...ASKS_PROVIDER,
  });
  const installs = services.map((service) =>
    t.nu(serviceTask(service, name), {
      use: 'services/taskserv.nu',
      call: 'install-service',
      needs: [created, ...requirements(catalog, service).map((it) => serviceTask(it, name))],
      args: [service, name],
      flags: { infra, alone: true },
      output: installed,
      ...ASKS_PROVIDER,
    }),
  );
  return [created, volume, ...installs];
}

function serviceTask(service: string, server: string): string {
  return `${service} on ${server}`;
}
