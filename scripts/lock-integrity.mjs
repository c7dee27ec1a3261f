/**
 * Asks the registry for the checksums that package-lock.json lacks, and writes them there. npm leaves out those of
 * optional packages for other systems, when the registry could not give them as the file was made; `npm ci` on such a
 * system then installs what it is given, unchecked.
 *
 *   node scripts/lock-integrity.mjs        exit code 1 when some are still missing; it names them
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(FILE, 'utf8'));

const isInstalled = ([path, { link }]) => path.includes('node_modules/') && !link;
const missing = Object.entries(lock.packages).filter(
  (entry) => isInstalled(entry) && entry[1].integrity === undefined,
);

/** Undefined when the registry has no such version. */
function integrityOf(name, version) {
  try {
    const args = ['view', `${name}@${version}`, 'dist.integrity'];
    return execFileSync('npm', args, { encoding: 'utf8', stdio: 'pipe' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

for (const [path, entry] of missing) {
  const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const integrity = integrityOf(name, entry.version);
  console.log(`${name}@${entry.version} ${integrity ?? 'is not in the registry'}`);
  if (integrity === undefined) process.exitCode = 1;
  // Right behind the version, where npm has it.
  else lock.packages[path] = { version: entry.version, integrity, ...entry };
}
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
