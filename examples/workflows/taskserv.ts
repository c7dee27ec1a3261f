import { defineWorkflow, type TaskRef, type Workflow } from 'nuflow';
import { z } from 'zod';
import { type Catalog, inOrder, requirements } from './catalog.js';
import { ASKS_PROVIDER, installed, label } from './common.js';

/** What `taskserv/create` is asked with. */
export const taskservParams = z.strictObject({ service: label, server: label });

const input = z.object({ infra: label, server: label });

/**
 * A task for each service, in the order they require each other. However deep that is, each is a call
 * of its own in a fresh Nushell: the direct way nests them, and Nushell ends it at 50.
 *
 * Throws UnknownServiceError.
 */
export function taskservCreate(
  service: string,
  catalog: Catalog,
): Workflow<z.input<typeof input>, unknown> {
  const services = inOrder(catalog, [service]);
  return defineWorkflow('taskserv.create', {
    input,
    onFailure: 'finish',
    tasks: (t) => {
      const refs: Record<string, TaskRef> = {};
      for (const name of services) {
        refs[name] = t.nu(name, {
          use: 'services/taskserv.nu',
          call: 'install-service',
          needs: requirements(catalog, name),
          args: [name, { $input: 'server' }],
          flags: { infra: { $input: 'infra' }, alone: true },
          output: installed,
          ...ASKS_PROVIDER,
        });
      }
      return refs;
    },
  });
}
