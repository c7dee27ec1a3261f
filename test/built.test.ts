import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as sources from '../src/index.js';

/** The library as it is built (`npm run build`), in a program of its own. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function run(code: string, ...switches: string[]): { stdout: string; stderr: string } {
  const args = [...switches, '--input-type=module', '-e', code];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ended with ${status}: ${stderr}`);
  return { stdout, stderr };
}

const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

/** Files that `code` imports, in order. */
function filesOf(code: string): string[] {
  const hooks = asModule(`import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      if (url.startsWith('file:')) writeSync(2, 'loads ' + url + '\\n');
      return next(url, context);
    }`);
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`;
  const { stderr } = run(code, '--import', asModule(register));
  return [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url = '']) => url);
}

describe('the built library', () => {
  it('imports few files, and neither zod nor execa before they are needed', () => {
    const files = filesOf("import 'nuflow'");
    expect(files).toContainEqual(expect.stringMatching(/dist\/index\.js$/));
    expect(files.filter((file) => /node_modules\/(zod|execa)\//.test(file))).toEqual([]);
    expect(files.length).toBeLessThan(40);
  });

  it('exports what the sources do, under the same names', () => {
    const { stdout } = run(
      `import * as all from 'nuflow';
       console.log(JSON.stringify(Object.entries(all).map(([name, it]) => [name, it?.name ?? null])))`,
    );
    const named = (all: object): [string, string | null][] =>
      Object.entries(all).map(([name, it]) => [name, it?.name ?? null]);
    expect(JSON.parse(stdout).toSorted()).toEqual(named(sources).toSorted());
  });

  it('shares zod with the program that uses it: what one makes the other knows', () => {
    const { stdout } = run(
      `import { defineWorkflow } from 'nuflow';
       import { z } from 'zod';
       const input = z.object({ password: z.string().meta({ secret: true }) });
       const workflow = defineWorkflow('w', { input, tasks: (t) => ({ a: t.fn('a', { run: () => 0 }) }) });
       console.log(JSON.stringify(workflow.spec.secretInputs));`,
    );
    expect(JSON.parse(stdout)).toEqual([['password']]);
  });

  it('runs programs also where Node refuses to load modules at once', () => {
    const { stdout } = run(
      `import { mkdtempSync, rmSync } from 'node:fs';
       import { defineWorkflow, Orchestrator } from 'nuflow';
       const dataDir = mkdtempSync('/tmp/nuflow-built-');
       const workflow = defineWorkflow('w', { tasks: (t) => ({ a: t.shell('a', { command: 'true' }) }) });
       const orchestrator = await Orchestrator.open({ dataDir });
       console.log((await (await orchestrator.start(workflow)).result).status);
       await orchestrator.close();
       rmSync(dataDir, { recursive: true });`,
      '--no-experimental-require-module',
    );
    expect(stdout).toBe('succeeded\n');
  });

  it('points to the sources where it fails', () => {
    const { stdout } = run(
      `import { defineWorkflow } from 'nuflow';
       try { defineWorkflow('', { tasks: () => ({}) }) } catch (error) { console.log(error.stack) }`,
      '--enable-source-maps',
    );
    expect(stdout).toContain('src/definition/builder.ts:');
  });
});
