import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Orchestrator } from 'nuflow';
import { afterAll, describe, expect, it } from 'vitest';
import { NUSHELLS } from '../runners/attempts.js';
import { builtLibrary } from '../runners/built-library.js';

const [[, nushell]] = NUSHELLS;

/** Starts a run, says when its second task runs, and goes on until it is killed. */
const STARTER = `
  const { library, dataDir, nushell, workflow } = JSON.parse(process.argv[1]);
  const { Orchestrator, workflowFromData } = await import(library + '/index.js');
  const orchestrator = await Orchestrator.open({ dataDir, nushell: { binary: nushell } });
  const run = await orchestrator.start(workflowFromData(workflow), { id: 'r' });
  run.on('task.spawned', ({ task }) => console.log('spawned', task));
`;

/** Runs tasks with outputs of 4 MiB, each using the one before, and prints what stays in memory. */
const MEMORY = `
  const { library, dataDir } = JSON.parse(process.argv[1]);
  const { Orchestrator, defineWorkflow } = await import(library + '/index.js');
  const held = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };
  const workflow = defineWorkflow('w', {
    tasks: (t) => {
      let before, last;
      for (let n = 0; n < 60; n++) {
        last = t.fn('t' + n, {
          needs: before === undefined ? {} : { before },
          run: ({ needs }) => (needs.before?.length ?? 0) + String(n % 10).repeat(4 << 20),
        });
        before = last;
      }
      return { last: t.fn('last', { needs: { last }, run: () => 1 }) };
    },
  });
  const orchestrator = await Orchestrator.open({ dataDir });
  const first = held();
  const run = await orchestrator.start(workflow, { id: 'r' });
  let most = 0;
  run.on('task.succeeded', ({ task }) => { if (task.endsWith('9')) most = Math.max(most, held() - first); });
  const { status } = await run.result;
  console.log(JSON.stringify({ status, most, after: held() - first }));
  await orchestrator.close();
`;

describe('big outputs in another process', () => {
  const library = builtLibrary();
  const root = mkdtempSync(join(tmpdir(), 'nuflow-outputs-'));
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });
  const node = (text: string, argument: object, flags: string[] = []): ChildProcess => {
    const args = [...flags, '--input-type=module', '-e', text, JSON.stringify(argument)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };

  it('are read by a resume after a kill -9', async () => {
    const dataDir = join(root, 'killed');
    const gate = join(root, 'gate');
    const workflow = {
      name: 'w',
      tasks: [
        { id: 'big', nu: { code: "'é' | fill --width 300000 --character 'é'" } },
        {
          id: 'gate',
          needs: ['big'],
          shell: { command: 'sh', args: ['-c', `until [ -e "${gate}" ]; do sleep 0.05; done`] },
        },
        {
          id: 'uses',
          needs: ['big', 'gate'],
          nu: { code: '$input | str length --grapheme-clusters', input: { $output: 'big' } },
        },
      ],
    };
    const starter = node(STARTER, { library, dataDir, nushell, workflow });
    for await (const line of createInterface({ input: starter.stdout as NodeJS.ReadableStream }))
      if (line === 'spawned gate') break;
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    writeFileSync(gate, '');
    await using orchestrator = await Orchestrator.open({ dataDir, nushell: { binary: nushell } });
    const run = await orchestrator.resume('r');
    expect((await run.result).outputs).toMatchObject({ big: 'é'.repeat(300_000), uses: 300_000 });
    expect(run.snapshot().tasks.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  });

  it('do not stay in memory, however many there are', async () => {
    const child = node(MEMORY, { library, dataDir: join(root, 'many') }, ['--expose-gc']);
    let text = '';
    for await (const chunk of child.stdout as NodeJS.ReadableStream) text += String(chunk);
    const { status, most, after } = JSON.parse(text);
    console.log(`60 outputs of 4 MiB: at most ${most >> 20} MiB held, ${after >> 20} MiB after`);
    expect(status).toBe('succeeded');
    expect(Math.max(most, after)).toBeLessThan(64 * 1024 * 1024);
  });
});
