import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNushell } from 'nuflow/runners';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import type { Shape } from '../shapes.js';
import { SLOTS } from './nuflow.js';
import { installPrograms } from './programs.js';
import { has } from './service.js';

/** Tools that run graphs of commands, on the same Nushell processes. */

const FOREVER = 600_000;
const WIREIT = fileURLToPath(
  new URL('../../peers/programs/node_modules/.bin/wireit', import.meta.url),
);

function nuCommand(code: string): string {
  return `${findNushell()} -n --no-std-lib -c '${code}'`;
}

export function ninja(shape: Shape, code: string): Contender {
  const builds = shape.tasks.map(({ id, needs }) => `build ${id}: nu${list(needs)}`);
  const text = `rule nu\n  command = ${nuCommand(code)} > $out\n${builds.join('\n')}\n`;
  return tool('ninja', `ninja -j${SLOTS}`, { 'build.ninja': text }, ['ninja', `-j${SLOTS}`]);
}

export function make(shape: Shape, code: string): Contender {
  const rules = shape.tasks.map(
    ({ id, needs }) => `${id}:${list(needs)}\n\t@${nuCommand(code)} > $@`,
  );
  const text = `all: ${shape.tasks.map(({ id }) => id).join(' ')}\n${rules.join('\n')}\n`;
  return tool('make', `make -j${SLOTS}`, { Makefile: text }, ['make', '-s', `-j${SLOTS}`]);
}

/** It knows no graph: layer after layer, all of one before the next, one job log. */
export function gnuParallel(shape: Shape, code: string): Contender {
  const byLayer = new Map<string, string[]>();
  for (const { id } of shape.tasks) {
    const layer = id.split('_')[0] ?? '';
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), id]);
  }
  const layers = [...byLayer.values()].map(
    (ids) =>
      `parallel --will-cite -j${SLOTS} --joblog +log "${nuCommand(code)} > {}" ::: ${ids.join(' ')}`,
  );
  const files = { 'run.sh': `set -e\n${layers.join('\n')}\n` };
  return tool('parallel', 'GNU parallel --joblog', files, ['sh', 'run.sh']);
}

export function wireit(shape: Shape, code: string): Contender {
  const names = ['all', ...shape.tasks.map(({ id }) => id)];
  const scripts = Object.fromEntries(names.map((name) => [name, 'wireit']));
  const steps = shape.tasks.map(({ id, needs }) => [
    id,
    { command: nuCommand(code), dependencies: needs },
  ]);
  const all = { dependencies: shape.tasks.map(({ id }) => id) };
  const text = JSON.stringify({
    name: 'w',
    scripts,
    wireit: { ...Object.fromEntries(steps), all },
  });
  return {
    ...tool('npm', 'wireit', { 'package.json': text }, [WIREIT], {
      WIREIT_PARALLEL: String(SLOTS),
      WIREIT_CACHE: 'none',
      WIREIT_LOGGER: 'quiet-ci',
      npm_lifecycle_event: 'all',
      npm_config_user_agent: 'npm/10',
    }),
  };
}

function list(needs: readonly string[]): string {
  return needs.map((need) => ` ${need}`).join('');
}

function tool(
  program: string,
  name: string,
  files: Readonly<Record<string, string>>,
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Contender {
  return {
    name,
    unavailable: () => (has(program) ? undefined : `needs ${program}`),
    sample: () =>
      inFolder(async (folder) => {
        if (name === 'wireit' && !existsSync(WIREIT)) installPrograms();
        for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
        const where = { npm_package_json: join(folder, 'package.json') };
        const begun = performance.now();
        const child = spawn(command, args, {
          cwd: folder,
          env: { ...process.env, ...where, ...env },
          stdio: ['ignore', 'ignore', 'inherit'],
          timeout: FOREVER,
        });
        const [exitCode] = await once(child, 'close');
        if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}`);
        return performance.now() - begun;
      }),
  };
}
