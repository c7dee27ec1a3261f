import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Execution, Outcome } from '../../src/runners/runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { AttemptRig, temporaryFolder } from './attempts.js';

const FIRST_31 = Array.from({ length: 31 }, (_, n) => n + 1);
const { SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH } = constants.signals;
const { SIGTSTP, SIGTTIN, SIGTTOU } = constants.signals;
/** Those that do nothing to a program that has no handler for them; in a group of its own, terminal stops are of these. */
const HARMLESS = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU];
const STOPS = FIRST_31.filter((signal) => signal === SIGSTOP);
const ENDS = FIRST_31.filter((signal) => !HARMLESS.includes(signal) && !STOPS.includes(signal));

const nameOf = (signal: number): string | undefined =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];

/** An attempt whose program says its pid, and ends with exit code 7 when it is told to. */
class Waiting {
  readonly rig: AttemptRig;
  readonly execution: Execution;

  constructor(runner: ShellRunner, folder: string, prelude = '') {
    const go = join(folder, `go-${Math.random()}`);
    const loop = `echo "pid $$"; n=0; while [ ! -e "${go}" ] && [ $n -lt 200 ]; do n=$((n + 1)); sleep .3; done; exit 7`; // ends by itself when nobody says go
    this.rig = new AttemptRig(folder, {
      with: { command: 'sh', args: ['-c', `${prelude}${loop}`], env: { GO: go } },
    });
    this.execution = this.rig.start(runner);
  }

  async program(): Promise<number> {
    const [, pid] = await this.rig.printed(/pid (\d+)\n/);
    return Number(pid);
  }

  async wrapper(): Promise<number> {
    return (await this.execution.spawned)?.pid as number;
  }

  /** Lets the program end by itself. */
  go(): Promise<Outcome> {
    writeFileSync((this.rig.attempt.with.env as { GO: string }).GO, '');
    return this.execution.outcome;
  }

  get stderr(): string {
    const file = join(this.rig.attempt.dir, 'stderr.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}

/** All at once: each takes a few turns of small programs. */
async function each(
  signals: readonly number[],
  check: (signal: number) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const found = await Promise.all(signals.map(async (signal) => [signal, await check(signal)]));
  return Object.fromEntries(found);
}

const all = (signals: readonly number[], what: (signal: number) => unknown) =>
  Object.fromEntries(signals.map((signal) => [signal, what(signal)]));

function inShort(outcome: Outcome, stderr = ''): unknown {
  if (outcome.status !== 'failed' && outcome.status !== 'interrupted') return outcome;
  const { code, signal, exitCode } = outcome.error ?? {};
  return [outcome.status, code, signal ?? exitCode, stderr];
}

const EXITED = ['failed', 'NUFLOW_EXIT', 7, ''];
const died = (signal: number): unknown => ['interrupted', 'NUFLOW_SIGNAL', nameOf(signal), ''];

describe.each([
  ['tells a signal from an exit code by its jobs', true],
  ['tells them apart by its words', false],
])('a program under a shell that %s', (_what, isPrepared) => {
  const folder = temporaryFolder();
  const runner = new ShellRunner();
  beforeAll(() => (isPrepared ? runner.prepare() : undefined));
  afterAll(() => runner.close());
  // By its words no shell tells these from exit codes 130 and 141.
  const silent = isPrepared ? [] : [constants.signals.SIGINT, constants.signals.SIGPIPE];
  const diedOf = (signal: number): unknown =>
    silent.includes(signal) ? ['failed', 'NUFLOW_EXIT', 128 + signal, ''] : died(signal);

  it('is reported with the signal that ended it, and nothing is added to its stderr', async () => {
    const found = await each(ENDS, async (signal) => {
      const waiting = new Waiting(runner, folder);
      process.kill(await waiting.program(), signal);
      return inShort(await waiting.execution.outcome, waiting.stderr);
    });
    expect(found).toEqual(all(ENDS, diedOf));
  });

  it('is reported with the signal that ended its whole group', async () => {
    const found = await each(ENDS, async (signal) => {
      const waiting = new Waiting(runner, folder, 'exec 2>/dev/null; ');
      await waiting.program();
      process.kill(-(await waiting.wrapper()), signal);
      return inShort(await waiting.execution.outcome, waiting.stderr);
    });
    expect(found).toEqual(all(ENDS, diedOf));
  });

  it('goes on, and is waited for, when its group is sent a signal that it deals with', async () => {
    const signals = FIRST_31.filter((signal) => signal !== SIGKILL && signal !== SIGSTOP);
    const found = await each(signals, async (signal) => {
      const waiting = new Waiting(runner, folder, `exec 2>/dev/null; trap : ${signal}; `);
      await waiting.program();
      process.kill(-(await waiting.wrapper()), signal);
      return inShort(await waiting.go(), waiting.stderr);
    });
    expect(found).toEqual(all(signals, () => EXITED));
  });

  it('goes on, and is waited for, when only the wrapper is sent a signal', async () => {
    const signals = FIRST_31.filter((signal) => signal !== SIGKILL && signal !== SIGSTOP);
    const found = await each(signals, async (signal) => {
      const waiting = new Waiting(runner, folder);
      await waiting.program();
      process.kill(await waiting.wrapper(), signal);
      return inShort(await waiting.go(), waiting.stderr);
    });
    expect(found).toEqual(all(signals, () => EXITED));
  });

  it('has died, and is gone, when only the wrapper is killed', async () => {
    const waiting = new Waiting(runner, folder);
    await waiting.program();
    process.kill(await waiting.wrapper(), 'SIGKILL');
    expect(inShort(await waiting.execution.outcome)).toEqual(died(SIGKILL));
    expect(await waiting.rig.processes()).toEqual([]);
  });

  it('goes on after it was stopped and continued with its group', async () => {
    const waiting = new Waiting(runner, folder);
    await waiting.program();
    const group = -(await waiting.wrapper());
    process.kill(group, 'SIGSTOP');
    process.kill(group, 'SIGCONT');
    expect(inShort(await waiting.go())).toEqual(EXITED);
  });

  it('has the exit code that it chose, also one that looks like a signal', async () => {
    const codes = [1, 2, 126, 127, 128, 129, 130, 131, 134, 137, 139, 141, 143, 159, 192, 254, 255];
    const found = await each(codes, async (code) => {
      const rig = new AttemptRig(folder, { with: { command: 'sh', args: ['-c', `exit ${code}`] } });
      return inShort(await rig.start(runner).outcome);
    });
    expect(found).toEqual(all(codes, (code) => ['failed', 'NUFLOW_EXIT', code, '']));
  });

  it('has its own standard input, umask and signal handling', async () => {
    const script = `cat; umask; kill -QUIT $$`;
    const rig = new AttemptRig(folder, {
      with: { command: 'sh', args: ['-c', script], stdin: 'given ' },
    });
    expect(inShort(await rig.start(runner).outcome)).toEqual(died(constants.signals.SIGQUIT));
    expect(rig.text('stdout')).toBe(`given ${process.umask().toString(8).padStart(4, '0')}\n`);
  });

  it('may have an equals sign in its name, or be named like a builtin of the shell', async () => {
    const program = join(folder, 'a=b');
    writeFileSync(program, '#!/bin/sh\nexit 5\n', { mode: 0o700 });
    const named = new AttemptRig(folder, { with: { command: program } });
    expect(inShort(await named.start(runner).outcome)).toMatchObject({ 2: 5 });
    const eager = new AttemptRig(folder, { with: { command: 'eval', args: ['exit 0'] } });
    expect(inShort(await eager.start(runner).outcome)).toMatchObject({ 2: 127 });
  });
});
