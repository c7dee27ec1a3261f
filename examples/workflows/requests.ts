import type { Orchestrator, Run, Workflow } from 'nuflow';
import { z } from 'zod';
import type { Catalog } from './catalog.js';
import { clusterCreate, clusterParams } from './cluster.js';
import { label } from './common.js';
import { serverCreate, serverParams } from './servers.js';
import { taskservCreate, taskservParams } from './taskserv.js';

/** Starts what was asked for; `id` is the run's, for requests that may be repeated. */
export type Start = (
  orchestrator: Orchestrator,
  options: { readonly id?: string },
) => Promise<Run<unknown>>;

/** Checks a request's body and makes the workflow it asks for. Throws ZodError, UnknownServiceError. */
export type RequestKind = (body: unknown, catalog: Catalog) => Start;

/** What can be asked for, by the end of the path `/workflows/…`. */
export const REQUESTS: ReadonlyMap<string, RequestKind> = new Map([
  [
    'servers/create',
    kind(serverParams, (infra, params) => starter(serverCreate, { infra, ...params })),
  ],
  [
    'taskserv/create',
    kind(taskservParams, (infra, { service, server }, catalog) =>
      starter(taskservCreate(service, catalog), { infra, server }),
    ),
  ],
  [
    'cluster/create',
    kind(clusterParams, (infra, params, catalog) => {
      const { name, size } = params;
      return starter(clusterCreate(params, catalog), { infra, name, size });
    }),
  ],
]);

/** `params` may be left out where all of them have defaults. */
function kind<Shape extends z.ZodRawShape>(
  params: z.ZodObject<Shape>,
  make: (infra: string, params: z.output<z.ZodObject<Shape>>, catalog: Catalog) => Start,
): RequestKind {
  const envelope = z.strictObject({ infra: label, params: z.unknown().optional() });
  return (body, catalog) => {
    const { infra, params: given = {} } = envelope.parse(body);
    const found = params.safeParse(given);
    if (!found.success) throw within('params', found.error);
    return make(infra, found.data, catalog);
  };
}

/** The error of a part, with places as they are in the whole. */
function within(part: string, { issues }: z.ZodError): z.ZodError {
  return new z.ZodRealError(issues.map((issue) => ({ ...issue, path: [part, ...issue.path] })));
}

function starter<Input>(workflow: Workflow<Input, unknown>, input: Input): Start {
  return (orchestrator, options) => orchestrator.start(workflow, { ...options, input });
}
