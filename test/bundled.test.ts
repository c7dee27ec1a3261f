import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { afterAll, describe, expect, it } from 'vitest';

/** A program in which the built library is at other places than npm puts it: bundled, copied, or in another thread. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const folder = mkdtempSync('/tmp/nuflow-bundled-');
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** Runs a shell task and prints what it printed, or the code and text of the error. */
const program = (nuflow: string): string => `
  (async () => {
    const { defineWorkflow, Orchestrator } = await import('${nuflow}');
    try {
      const workflow = defineWorkflow('w', {
        tasks: (t) => ({ hello: t.shell('hello', { command: 'echo', args: ['hello'] }) }),
      });
      const orchestrator = await Orchestrator.open({ dataDir: ${JSON.stringify(at('data'))} });
      const { outputs } = await (await orchestrator.start(workflow)).result;
      await orchestrator.close();
      console.log(outputs.hello.stdout.trim());
    } catch ({ code, message }) {
      console.log(code, message);
    }
  })();`;

function node(...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return stdout + stderr;
}

interface Bundling {
  readonly format: 'esm' | 'cjs';
  readonly define?: Record<string, string>;
  readonly external?: string[];
}

async function bundled({ format, define, external }: Bundling): Promise<string> {
  const file = at(`bundle.${format === 'esm' ? 'mjs' : 'cjs'}`);
  writeFileSync(at('program.mjs'), program('nuflow'));
  await build({
    input: at('program.mjs'),
    platform: 'node',
    resolve: { alias: external === undefined ? { nuflow: join(DIST, 'index.js') } : {} },
    ...(external === undefined ? {} : { external }),
    ...(define === undefined ? {} : { transform: { define } }),
    output: { file, format, codeSplitting: false },
    logLevel: 'silent',
  });
  return file;
}

/** A copy of the library where its packages can be found, as a careless deployment may make one. */
function copied(name: string, change: (dist: string) => void): string {
  cpSync(DIST, at(`${name}/dist`), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), at(`${name}/node_modules`));
  change(at(`${name}/dist`));
  writeFileSync(at(`${name}/main.mjs`), program('./dist/index.js'));
  return at(`${name}/main.mjs`);
}

describe('a program that nuflow is bundled into', () => {
  it.each<[string, Bundling]>([
    ['an ES module', { format: 'esm' }],
    ['a CommonJS module', { format: 'cjs' }],
    [
      'a CommonJS module that has no URL',
      { format: 'cjs', define: { 'import.meta.url': 'undefined' } },
    ],
  ])('is told when it opens a data directory, before anything is there: %s', async (_, how) => {
    const said = node(await bundled(how));
    expect(said).toMatch(/^NUFLOW_INSTALLATION .*mark it as external/);
    expect(() => readFileSync(at('data'))).toThrow('ENOENT');
  });

  it('works when nuflow is external', async () => {
    mkdirSync(at('node_modules'));
    symlinkSync(ROOT, at('node_modules/nuflow'));
    expect(node(await bundled({ format: 'esm', external: ['nuflow'] }))).toBe('hello\n');
  });
});

describe('the built library', () => {
  it('works from a copy of its files', () => {
    expect(node(copied('whole', () => {}))).toBe('hello\n');
  });

  it('refuses to open without a program that it starts', () => {
    const main = copied('missing', (dist) => rmSync(`${dist}/runners/private/filter-main.js`));
    expect(node(main)).toMatch(/^NUFLOW_INSTALLATION .*filter-main\.js is missing/);
  });

  it('refuses to open beside programs of another version, or parts of them', () => {
    const main = copied('mixed', (dist) => {
      const file = `${dist}/shared/attempt-files.js`;
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*\n/, '// nuflow 0.0.1\n'));
    });
    expect(node(main)).toMatch(/^NUFLOW_INSTALLATION .*attempt-files\.js is not of this version/);
  });

  const dist = pathToFileURL(join(DIST, 'index.js')).href;

  it('works in code that is given to Node as text', () => {
    expect(node('--input-type=module', '-e', program('nuflow'))).toBe('hello\n');
    expect(node('--input-type=commonjs', '-e', program(dist))).toBe('hello\n');
  });

  it('works in a worker thread', () => {
    const worker = `new (require('node:worker_threads').Worker)(${JSON.stringify(program(dist))}, { eval: true })`;
    expect(node('--input-type=commonjs', '-e', worker)).toBe('hello\n');
  });
});
