import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type * as Nuflow from '../../../src/index.js';
import { processTable } from '../../../src/runners/process/process-table.js';
import { AttemptRig, lives, NUSHELLS, temporaryFolder } from '../attempts.js';
import { builtLibrary } from '../built-library.js';

const all = temporaryFolder();
/** How long is waited for what must come, ms. */
const PATIENCE = 30_000;
const library = builtLibrary();
/** The library as built: as source it has no helper, and nothing stands by. */
let nuflow: typeof Nuflow;
beforeAll(async () => {
  nuflow = await import(join(library, 'index.js'));
});

const MODULE = `
export def wait-for [name: string] { while not ($env.FOLDER | path join $name | path exists) { sleep 5ms } }
export def about [word: string] {
  print $word
  ^sh -c 'printf "%s" "$NUFLOW_TASK_ID" >&2'
  {
    word: $word, pid: $nu.pid, cwd: $env.PWD, version: (version-of),
    told: ($env | select NUFLOW_RUN_ID NUFLOW_TASK_ID NUFLOW_ATTEMPT NUFLOW_RESULT)
    child: (^sh -c 'printf %s "$NUFLOW_COOKIE"'), cookie: $env.NUFLOW_COOKIE
  }
}
export def endless [] { print ready; ^sleep 600 }
export def ran [] { 'x' | save --append ($env.FOLDER | path join ledger); print ready; wait-for go2; $nu.pid }
export-env { 'loaded' | save --append ($env.FOLDER | path join loads) }
def version-of [] { 1 }
`;

/** Pids of the processes that stand by, or stood by before, for an orchestrator. */
async function standbysOf(pid: number): Promise<number[]> {
  const table = await processTable();
  return table.filter((it) => it.cookie?.startsWith(`standby-${pid}-`)).map((it) => it.pid);
}

describe.each(NUSHELLS)('Nushell %s standing by', (_version, binary) => {
  let folder: string;
  let orchestrator: Nuflow.Orchestrator;
  const open = async (standby: false | { max?: number } = {}): Promise<void> => {
    const nushell = { binary, standby, env: { FOLDER: folder } };
    const options = { dataDir: join(folder, 'data'), baseDir: folder, nushell };
    orchestrator = await nuflow.Orchestrator.open(options);
  };
  const write = (name: string, text = ''): void => writeFileSync(join(folder, name), text);
  /** A task that waits for the file `go`, and others that follow one after the other. */
  const chain = (calls: readonly (readonly [string, ...string[]])[], timeout?: '300ms') =>
    nuflow.defineWorkflow('chain', {
      tasks: (t) => {
        let last = t.nu('first', { use: 'm', call: 'wait-for', args: ['go'] });
        for (const [i, [call, ...args]] of calls.entries())
          last = t.nu(`t${i}`, { use: 'm', call, args, needs: [last], timeout });
        return { last };
      },
    });
  const isReady = (count: number): Promise<void> =>
    vi.waitFor(() => expect(orchestrator.standbys.waiting).toBe(count), PATIENCE);
  const taskOf = async (run: string, id: string) =>
    (await orchestrator.inspect(run)).tasks.find((task) => task.id === id);
  const attemptFile = (run: string, task: string, file: string): string => {
    const tasks = join(folder, 'data/runs', run, 'tasks');
    const name = readdirSync(tasks).find((it) => it.endsWith(task)) ?? '?';
    return readFileSync(join(tasks, name, '1', file), 'utf8');
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(all, 'standby-'));
    mkdirSync(join(folder, 'm'));
    write('m/mod.nu', MODULE);
    await open();
  });
  afterEach(() => orchestrator.close({ mode: 'cancel' }));

  it('gives each task a process of its own that is told all a new one would be', async () => {
    const workflow = chain([
      ['about', 'a "b" $c'],
      ['about', 'a "b" $c'],
    ]);
    const run = await orchestrator.start(workflow, { id: 'r' });
    await isReady(2);
    const pids = await vi.waitFor(async () => {
      const found = await standbysOf(process.pid);
      expect(found).toHaveLength(2);
      return found;
    }, PATIENCE);
    write('go');
    const { outputs } = await run.result;
    const { standbys } = orchestrator;
    expect(standbys).toMatchObject({ started: 2, used: 2, discarded: 0, waiting: 0 });
    expect(standbys.savedMs).toBeGreaterThan(0);
    const first = (await orchestrator.output('r', 't0')) as Record<string, unknown>;
    const last = outputs.last as Record<string, unknown>;
    expect(new Set([first.pid, last.pid])).toEqual(new Set(pids));
    expect(last).toMatchObject({ word: 'a "b" $c', cwd: folder, version: 1 });
    expect(last.told).toMatchObject({ NUFLOW_RUN_ID: 'r', NUFLOW_TASK_ID: 't1' });
    expect(last.child).toBe(last.cookie);
    expect(first.cookie).not.toBe(last.cookie);
    expect(attemptFile('r', 't0', 'stdout.log')).toBe('a "b" $c\n');
    expect(attemptFile('r', 't0', 'stderr.log')).toBe('t0');
    expect(attemptFile('r', 't1', 'stderr.log')).toBe('t1');
    const [, record] = attemptFile('r', 't1', 'process.json').match(/"pid":(\d+)/) ?? [];
    expect(Number(record)).toBe(last.pid);
    expect(readdirSync(join(folder, 'data/standby'))).toEqual([]);
  });

  it('runs nothing of a module before the task starts', async () => {
    const run = await orchestrator.start(chain([['about', 'x']]));
    await isReady(1);
    const loads = (): string => readFileSync(join(folder, 'loads'), 'utf8');
    await vi.waitFor(() => expect(loads()).toBe('loaded'), PATIENCE); // by the first task itself
    await run.cancel();
    await vi.waitFor(async () => expect(await standbysOf(process.pid)).toEqual([]), PATIENCE);
    expect(loads()).toBe('loaded');
    expect(orchestrator.standbys).toMatchObject({ used: 0, discarded: 1, waiting: 0 });
  });

  it('is discarded when a file of its module was changed since', async () => {
    write('m/mod.nu', `use v.nu *${MODULE.replace('def version-of [] { 1 }', '')}`);
    write('m/v.nu', 'export def version-of [] { 1 }');
    const run = await orchestrator.start(chain([['about', 'x']]));
    await isReady(1);
    write('m/v.nu', 'export def version-of [] { 2 }');
    write('go');
    expect((await run.result).outputs.last).toMatchObject({ version: 2 });
    expect(orchestrator.standbys).toMatchObject({ used: 0, discarded: 1 });
  });

  it('is left to the cold start when the program can not be parsed, and not tried again', async () => {
    const run = await orchestrator.start(chain([['about'], ['about']]), { id: 'bad' });
    await vi.waitFor(() => expect(orchestrator.standbys.discarded).toBeGreaterThan(0), PATIENCE);
    write('go');
    expect((await run.result).status).toBe('failed');
    expect(JSON.stringify(await taskOf('bad', 't0'))).toContain('nu::parser::');
  });

  it('stops its task by its timeout and leaves nothing', async () => {
    const run = await orchestrator.start(chain([['endless']], '300ms'), { id: 'slow' });
    await isReady(1);
    write('go');
    expect((await run.result).status).toBe('failed');
    expect(orchestrator.standbys.used).toBe(1);
    expect(JSON.stringify(await taskOf('slow', 't0'))).toContain('NUFLOW_TIMEOUT');
    expect(await standbysOf(process.pid)).toEqual([]);
  });

  it('is not when it is switched off', async () => {
    await orchestrator.close();
    await open(false);
    write('go');
    const run = await orchestrator.start(chain([['about', 'x']]));
    expect((await run.result).status).toBe('succeeded');
    expect(orchestrator.standbys.started).toBe(0);
  });

  it('ends with its orchestrator, however that ends, and what it serves by then goes on and is taken over', async () => {
    await orchestrator.close();
    const program = `
      const [library, options, folder] = JSON.parse(process.argv[1]);
      const { writeFileSync } = await import('node:fs');
      const { Orchestrator, defineWorkflow } = await import(library + '/index.js');
      const orchestrator = await Orchestrator.open(options);
      const use = { use: 'm' };
      const workflow = defineWorkflow('crash', { tasks: (t) => {
        const first = t.nu('first', { use: 'm', call: 'wait-for', args: ['go'] });
        const served = t.nu('served', { use: 'm', call: 'ran', needs: [first] });
        t.nu('after', { use: 'm', call: 'about', args: ['x'], needs: [served] });
        return {};
      } });
      const run = await orchestrator.start(workflow, { id: 'crash' });
      setInterval(() => orchestrator.standbys.waiting > 1 && writeFileSync(folder + '/go', ''), 5);
      run.on('task.output', ({ task }) => {
        if (task !== 'served') return;
        setInterval(() => orchestrator.standbys.waiting > 0 && console.log('now'), 5);
      });
    `;
    const nushell = { binary, standby: {}, env: { FOLDER: folder } };
    const options = { dataDir: join(folder, 'data'), baseDir: folder, nushell };
    const argument = JSON.stringify([library, options, folder]);
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const pid = child.pid as number;
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(async () => expect(await standbysOf(pid)).toHaveLength(2), PATIENCE);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(async () => expect(await standbysOf(pid)).toHaveLength(1), PATIENCE);
    const [served] = await standbysOf(pid);

    await open();
    const journal = join(folder, 'data/runs/crash/journal.ndjson');
    expect(readFileSync(journal, 'utf8')).toContain(`"pid":${served}`);
    const run = await orchestrator.resume('crash');
    write('go2');
    await run.result;
    expect(await orchestrator.output('crash', 'served')).toBe(served);
    expect(readFileSync(join(folder, 'ledger'), 'utf8')).toBe('x');
    expect(await standbysOf(pid)).toEqual([]);
    expect((await taskOf('crash', 'served'))?.attempts).toBe(1);
  });

  it.each(['wait', 'kill'] as const)(
    'is found by what it left in the folder of its attempt, to %s for it',
    async (what) => {
      await orchestrator.close();
      const { NushellRunner } = await import(join(library, 'runners/index.js'));
      const rig = new AttemptRig(folder, { with: { use: 'm', call: 'ran' } });
      const options = { nushell: { binary, standby: {}, env: { FOLDER: folder } } };
      const program = `
      const [library, options, attempt] = JSON.parse(process.argv[1]);
      const { builtInRunners } = await import(library + '/runners/index.js');
      const runner = builtInRunners(options).get('nu');
      await runner.prepare();
      runner.expect({}, [{ with: attempt.with, baseDir: attempt.baseDir, steps: 1 }], 5);
      const timer = setInterval(() => {
        if (runner.standbys.waiting === 0) return;
        clearInterval(timer);
        runner.start({ ...attempt, output: () => console.log(runner.standbys.used) });
      }, 5);
    `;
      const told = { ...options, standbyDir: join(folder, 'standby') };
      const argument = JSON.stringify([library, told, rig.attempt]);
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, argument], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      expect(String((await once(child.stdout, 'data'))[0])).toBe('1\n');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const [served] = await standbysOf(child.pid as number);
      const adopted = new NushellRunner({ binary }).adopt(rig.attempt, undefined);
      if (what === 'kill') adopted.stop('kill');
      expect(await adopted.spawned).toMatchObject({ pid: served });
      if (what === 'wait') write('go2');
      const outcome =
        what === 'wait' ? { status: 'succeeded', output: served } : { status: 'interrupted' };
      expect(await adopted.outcome).toMatchObject(outcome);
      expect(await lives(served as number)).toBe(false);
    },
  );
});
