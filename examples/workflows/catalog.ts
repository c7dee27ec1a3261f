import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { label } from './common.js';

const catalogFile = z.record(label, z.strictObject({ requires: z.array(label) }));

/** Which services there are, and what each requires first. */
export type Catalog = ReadonlyMap<string, readonly string[]>;

/** The catalog that the Nushell modules use too. Throws what is wrong with the file. */
export async function readCatalog(provisioningDir: string): Promise<Catalog> {
  const text = await readFile(join(provisioningDir, 'services', 'catalog.json'), 'utf8');
  const entries = Object.entries(catalogFile.parse(JSON.parse(text)));
  return new Map(entries.map(([service, { requires }]) => [service, requires]));
}

/** A service that is not in the catalog was asked for. */
export class UnknownServiceError extends Error {
  constructor(service: string) {
    super(`there is no service "${service}"`);
    this.name = 'UnknownServiceError';
  }
}

/**
 * The services and all they require, each after what it requires. Iterative: a chain may be as long as
 * it likes. A circle is left in, for the planner to refuse by name. Throws UnknownServiceError.
 */
export function inOrder(catalog: Catalog, services: readonly string[]): string[] {
  const ordered = new Set<string>();
  const entered = new Set<string>();
  const stack = [...services].reverse();
  for (let service = stack.at(-1); service !== undefined; service = stack.at(-1)) {
    const open = entered.has(service) ? [] : requirements(catalog, service);
    entered.add(service);
    const missing = open.filter((required) => !entered.has(required));
    if (missing.length > 0) stack.push(...missing.reverse());
    else ordered.add(stack.pop() ?? service);
  }
  return [...ordered];
}

/** What a service requires directly. Throws UnknownServiceError. */
export function requirements(catalog: Catalog, service: string): readonly string[] {
  const found = catalog.get(service);
  if (found === undefined) throw new UnknownServiceError(service);
  return found;
}
