import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../src/platform/process-identity.js';
import { NushellRunner } from '../../src/runners/nushell/nushell-runner.js';
import type { Starting } from '../../src/runners/process/process-starter.js';
import { processTable } from '../../src/runners/process/process-table.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { Spawner } from '../../src/runners/spawner/spawner.js';
import { strayHelpersGone } from '../../src/runners/spawner/stray-helpers.js';
import { AttemptRig, NUSHELLS, temporaryFolder } from './attempts.js';
import { builtLibrary } from './built-library.js';

const library = builtLibrary();
const script = join(library, 'runners/spawner/helper.js');
const folder = temporaryFolder();

/** Pids of the living helpers of a process, and of what they are about to start. */
async function helpersOf(pid: number): Promise<number[]> {
  const table = await processTable();
  const helpers = table.filter((it) => it.cookie?.startsWith(`spawner-${pid}-`));
  return helpers.toSorted((a, b) => +a.startTime - +b.startTime).map((it) => it.pid);
}

/** How often a helper is killed while it is at work. */
const MURDERS = 6;

/** Kills the helper of this process; there is exactly one. */
async function killHelper(): Promise<void> {
  const helpers = await helpersOf(process.pid);
  expect(helpers).toHaveLength(1);
  for (const pid of helpers) process.kill(pid, 'SIGKILL');
}

describe('a helper whose orchestrator is gone', () => {
  it('is waited for, and ended when it notices nothing', async () => {
    const gone = spawn('true');
    await once(gone, 'exit');
    const env = { ...process.env, NUFLOW_COOKIE: `spawner-${gone.pid}-stray` };
    const stray = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
    const began = performance.now();
    await strayHelpersGone(2_000);
    expect(performance.now() - began).toBeGreaterThan(2_000);
    if (stray.signalCode === null) await once(stray, 'exit');
    expect(stray.signalCode).toBe('SIGKILL');
  });
});

describe('a Spawner', () => {
  let spawner: Spawner;
  let count = 0;
  const begin = (command: string): Starting & { dir: string } => {
    const dir = join(folder, String(count++));
    const env = { NUFLOW_COOKIE: `spawner-test-${process.pid}-${count}` };
    const program = { file: '/bin/sh', args: ['-c', command], cwd: folder, env, stdin: '' };
    return { ...spawner.start(dir, program), dir };
  };
  beforeEach(() => {
    spawner = new Spawner(script);
  });
  afterEach(() => spawner.close());

  it('has one helper for all, from the first need to the close', async () => {
    expect(await helpersOf(process.pid)).toEqual([]);
    await spawner.ready();
    const [helper] = await helpersOf(process.pid);
    await Promise.all([begin('true').ended, begin('true').ended]);
    expect(await helpersOf(process.pid)).toEqual([helper]);
    await spawner.close();
    expect(await helpersOf(process.pid)).toEqual([]);
  });

  it('loses nothing with its helper: what runs goes on, and the next start has a new one', async () => {
    const running = begin('while [ ! -e go ]; do sleep 0.01; done; echo done; exit 3');
    const identity = await running.spawned;
    await killHelper();
    expect(await begin('exit 4').ended).toEqual({ kind: 'exited', exitCode: 4 });
    expect(identity && (await isAlive(identity))).toBe(true);
    writeFileSync(join(folder, 'go'), '');
    expect(await running.ended).toEqual({ kind: 'unseen' });
    expect(readFileSync(join(running.dir, 'stdout.log'), 'utf8')).toBe('done\n');
  });

  it('begins each once, however often its helper is killed', async () => {
    const all = Array.from({ length: 120 }, (_, i) => begin(`echo ${i} >> ledger; exit ${i % 7}`));
    let over = false;
    const ends = Promise.all(all.map(({ ended }) => ended)).finally(() => {
      over = true;
    });
    let killed = 0;
    while (!over && killed < MURDERS) {
      // Not a fork of it, which may be the next to begin.
      for (const pid of (await helpersOf(process.pid)).slice(0, 1)) {
        process.kill(pid, 'SIGKILL');
        killed++;
      }
      await setTimeout(Math.random() * 60);
    }
    expect(killed).toBeGreaterThan(0);
    const found = await ends;
    const ledger = readFileSync(join(folder, 'ledger'), 'utf8').trim().split('\n').map(Number);
    expect(new Set(ledger).size).toBe(ledger.length);
    for (const [i, end] of found.entries()) {
      if (end.kind === 'exited') expect(end.exitCode).toBe(i % 7);
      else expect(end.kind).toBe('unseen');
      // One helper dies in the midst of at most one start; of all others it is known that they ran.
      if (end.kind === 'exited') expect(ledger).toContain(i);
    }
    expect(ledger.length).toBeGreaterThanOrEqual(all.length - killed);
  });

  it('starts programs itself where there is no helper, or none that works', async () => {
    const broken = join(folder, 'broken.js');
    writeFileSync(broken, 'process.exit(1)');
    for (const none of [join(folder, 'not-there.js'), broken]) {
      spawner = new Spawner(none);
      await spawner.ready();
      expect(await begin('exit 5').ended).toEqual({ kind: 'exited', exitCode: 5 });
      expect(await helpersOf(process.pid)).toEqual([]);
    }
  });

  it('does not wait for a helper that never gets ready, nor leaves it behind', async () => {
    const hangs = join(folder, 'hangs.cjs');
    writeFileSync(hangs, 'setInterval(() => {}, 1000);');
    spawner = new Spawner(hangs, 300);
    expect(await begin('exit 7').ended).toEqual({ kind: 'exited', exitCode: 7 });
    expect(await helpersOf(process.pid)).toEqual([]);
    spawner = new Spawner(hangs, 300);
    const ready = spawner.ready();
    await spawner.close();
    await ready;
    expect(await helpersOf(process.pid)).toEqual([]);
  });

  it('tells nothing more of what it was told to let go, and does not stop it', async () => {
    const running = spawner.start(join(folder, 'let-go'), {
      file: '/bin/sleep',
      args: ['60'],
      cwd: folder,
      env: {},
      stdin: '',
    });
    const identity = await running.spawned;
    running.detach();
    await spawner.close();
    expect(identity && (await isAlive(identity))).toBe(true);
    if (identity !== undefined) process.kill(identity.pid, 'SIGKILL');
  });
});

describe.each(NUSHELLS)('runners with a Spawner, on Nushell %s', (_version, binary) => {
  const wait = `while not ('go' | path exists) { sleep 5ms }`;
  const begin = (more: Partial<AttemptRig['attempt']>) => {
    const cwd = join(folder, `work-${Math.random()}`);
    mkdirSync(cwd);
    return { rig: new AttemptRig(cwd, more), go: () => writeFileSync(join(cwd, 'go'), '') };
  };

  it('take the outcome that is left when the helper was killed', async () => {
    const starter = new Spawner(script);
    const runner = new NushellRunner({ binary, starter });
    const { rig, go } = begin({ with: { code: `print early; ${wait}; print late; 7` } });
    const { outcome } = rig.start(runner);
    await rig.printed(/early/);
    await killHelper();
    go();
    expect(await outcome).toEqual({ status: 'succeeded', output: 7 });
    expect(rig.text('stdout')).toBe('early\nlate\n');
    await runner.close();
  });

  it('count an end without outcome that nobody saw as an interruption, and leave nothing', async () => {
    const starter = new Spawner(script);
    const runner = new NushellRunner({ binary, starter });
    const code = `^setsid --fork sleep 60; print ready; ${wait}; ^kill -9 $nu.pid; sleep 60sec`;
    const { rig, go } = begin({ with: { code } });
    const { outcome } = rig.start(runner);
    await rig.printed(/ready/);
    await killHelper();
    go();
    expect(await outcome).toMatchObject({
      status: 'interrupted',
      error: { code: 'NUFLOW_PROCESS_DIED' },
    });
    expect(await rig.processes()).toEqual([]);
    await runner.close();
  });

  it('stop an attempt whose helper was killed', async () => {
    const starter = new Spawner(script);
    const runner = new NushellRunner({ binary, starter });
    const { rig } = begin({ with: { code: `^setsid --fork sleep 60; print ready; sleep 60sec` } });
    const execution = rig.start(runner);
    await rig.printed(/ready/);
    await killHelper();
    execution.stop('kill');
    expect((await execution.outcome).status).toBe('interrupted');
    expect(await rig.processes()).toEqual([]);
    await runner.close();
  });
});

/** Runs a task by a Spawner, tells who runs, then just stays. */
const ORCHESTRATOR = `
  const { library, attempt } = JSON.parse(process.argv[1]);
  const { ShellRunner } = await import(library + '/runners/index.js');
  const { Spawner } = await import(library + '/runners/spawner/spawner.js');
  const runner = new ShellRunner({ starter: new Spawner() });
  const execution = runner.start({ ...attempt, output() {} });
  console.log(JSON.stringify(await execution.spawned));
  setInterval(() => {}, 1000);
`;

describe('a Spawner whose program is killed', () => {
  it('leaves its process to whoever comes next, and no helper', async () => {
    const command = 'while [ ! -e free ]; do sleep 0.01; done; echo late';
    const rig = new AttemptRig(folder, { with: { command: 'sh', args: ['-c', command] } });
    const argument = JSON.stringify({ library, attempt: rig.attempt });
    const child = spawn(process.execPath, ['--input-type=module', '-e', ORCHESTRATOR, argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    expect(await helpersOf(child.pid ?? 0)).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(async () => expect(await helpersOf(child.pid ?? 0)).toEqual([]));
    const adopted = new ShellRunner().adopt(rig.attempt, undefined);
    expect(await adopted.spawned).toEqual(JSON.parse(String(line)));
    writeFileSync(join(folder, 'free'), '');
    expect(await adopted.outcome).toMatchObject({ output: { stdout: 'late\n' } });
    expect(existsSync(join(rig.attempt.dir, 'result.json'))).toBe(true);
  });
});
