import { defineWorkflow, type Workflow } from 'nuflow';
import { z } from 'zod';
import { ASKS_PROVIDER, label, server, serverProbe, serverSize, withId } from './common.js';

/** What `servers/create` is asked with. */
export const serverParams = z.strictObject({ name: label, size: serverSize.default('small') });

const input = z.object({ infra: label, name: label, size: serverSize });

/**
 *   network ─┐
 *            ├─► server ─► volume
 *   image ───┘
 *
 * Its definition holds no functions, only references: any process can resume it from its journal.
 */
export const serverCreate: Workflow<z.input<typeof input>, unknown> = defineWorkflow(
  'server.create',
  {
    input,
    onFailure: 'finish',
    tasks: (t) => {
      const network = t.nu('network', {
        use: 'servers/network.nu',
        call: 'create-network',
        args: [{ $input: 'infra' }],
        output: withId,
        ...ASKS_PROVIDER,
      });
      const image = t.nu('image', {
        use: 'servers/image.nu',
        call: 'prepare-image',
        args: [{ $input: 'infra' }],
        output: withId,
        ...ASKS_PROVIDER,
      });
      const created = t.nu('server', {
        use: 'servers/create.nu',
        call: 'create-server',
        needs: { network, image },
        args: [{ $input: 'name' }],
        flags: {
          infra: { $input: 'infra' },
          network: { $output: 'network.id' },
          image: { $output: 'image.id' },
          size: { $input: 'size' },
        },
        output: server,
        probe: serverProbe({ $input: 'name' }),
        ...ASKS_PROVIDER,
      });
      const volume = t.nu('volume', {
        use: 'servers/storage.nu',
        call: 'attach-volume',
        needs: { server: created },
        args: [{ $output: 'server.name' }],
        flags: { infra: { $input: 'infra' } },
        output: withId,
        ...ASKS_PROVIDER,
      });
      return { server: created, volume };
    },
  },
);
