import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the Nushell tool, `examples/provisioning`: beside the sources, above what they are compiled to. */
export function provisioningDir(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    const found = join(dir, 'provisioning');
    if (existsSync(join(found, 'provisioning.nu'))) return found;
    if (dir === dirname(dir)) throw new Error('examples/provisioning is not where it should be');
  }
}
