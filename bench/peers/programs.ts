import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the peers' programs: beside the sources, above what the harness is compiled to. */
export const PROGRAMS = fileURLToPath(new URL('../../peers/programs', import.meta.url));

/** Installs the peers, once: only who compares needs them. */
export function installPrograms(): void {
  if (existsSync(join(PROGRAMS, 'node_modules'))) return;
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: PROGRAMS, stdio: 'ignore' });
}
