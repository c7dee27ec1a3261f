import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { identify, type ProcessIdentity } from '../../src/platform/process-identity.js';
import { processTable } from '../../src/runners/process/process-table.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { AttemptRig, lives, temporaryFolder } from './attempts.js';

const real = vi.hoisted(() => ({ platform: '' as NodeJS.Platform }));
/** A system that is not Linux has no /proc: ps(1) is what there is, here as there. */
vi.mock('node:os', async (original) => {
  const os = await original<typeof import('node:os')>();
  real.platform = os.platform();
  return { ...os, platform: () => 'darwin' };
});

describe('attempts on a system without /proc', () => {
  const runner = new ShellRunner();
  const all = temporaryFolder();
  const left: number[] = [];
  afterEach(() => {
    for (const pid of left.splice(0)) kill(pid);
  });

  const shell = (script: string): AttemptRig =>
    new AttemptRig(mkdtempSync(join(all, 'run-')), {
      with: { command: 'sh', args: ['-c', script] },
    });
  /** Starts an attempt that says pids of descendants, and lets go of it as a crash would. */
  const begun = async (script: string) => {
    const rig = shell(`${script}; echo ready; until [ -e go ]; do sleep 0.02; done; echo done`);
    const execution = rig.start(runner);
    const [said] = await rig.printed(/^(?:\d+\n)*ready/);
    const pids = said.split('\n').map(Number).filter(Boolean);
    const process = (await execution.spawned) as ProcessIdentity;
    left.push(...pids, -process.pid);
    const go = (): void => writeFileSync(join(rig.attempt.baseDir, 'go'), '');
    return { rig, execution, process, pids, go };
  };

  it('pretends', () => {
    expect(platform()).toBe('darwin');
  });

  it('are seen in a table without cookies', async () => {
    const { process: leader } = await begun(':');
    const table = await processTable();
    const entry = table.find(({ pid }) => pid === leader.pid);
    expect(entry).toMatchObject({ parent: process.pid, group: leader.pid, cookie: undefined });
    expect(entry?.startTime).toBe(leader.startTime);
  });

  it('are adopted by pid and start time, and waited for', async () => {
    const { rig, process, go } = await begun(':');
    const adopted = runner.adopt(rig.attempt, process);
    expect(await adopted.spawned).toEqual(process);
    go();
    expect(await adopted.outcome).toMatchObject({
      status: 'succeeded',
      output: { stdout: 'ready\ndone\n' },
    });
  });

  it.each(['interrupt', 'kill'] as const)('are stopped with their children by %s', async (how) => {
    const script = `setsid sh -c 'trap "" INT; echo $$; while :; do sleep 1; done' & sleep 0.1`;
    const { rig, process, pids } = await begun(script);
    const adopted = runner.adopt(rig.attempt, process);
    await adopted.spawned;
    adopted.stop(how);
    await adopted.outcome;
    for (const pid of pids) expect(await lives(pid)).toBe(false);
  });

  it('leave nothing either when they are not adopted', async () => {
    const script = `setsid sh -c 'trap "" INT; echo $$; while :; do sleep 1; done' & sleep 0.1`;
    const { execution, pids } = await begun(script);
    execution.stop('kill');
    await execution.outcome;
    for (const pid of pids) expect(await lives(pid)).toBe(false);
  });

  it('leave nothing of their group when one dies', async () => {
    const { execution, process, pids } = await begun('sleep 60 & echo $!');
    kill(process.pid);
    expect((await execution.outcome).status).toBe('interrupted');
    await vi.waitFor(async () => expect(await Promise.all(pids.map(lives))).toEqual([false]));
  });

  it('may run, for all that can be seen, when their process never came to the journal', async () => {
    const { rig } = await begun(':');
    const adopted = runner.adopt(rig.attempt, undefined);
    expect(await adopted.outcome).toEqual({ status: 'interrupted', mayStillBeRunning: true });
  });

  it('may run when something of their group does', async () => {
    const { rig, process, execution } = await begun('sleep 60 & :');
    await execution.detach?.();
    kill(process.pid);
    await vi.waitFor(async () => expect(await identify(process.pid)).toBe(undefined));
    const adopted = runner.adopt(rig.attempt, process);
    expect(await adopted.outcome).toEqual({ status: 'interrupted', mayStillBeRunning: true });
  });

  it('do not when they are seen to be gone', async () => {
    const { rig, process, execution } = await begun(':');
    kill(-process.pid);
    await execution.outcome;
    const adopted = runner.adopt(rig.attempt, process);
    expect(await adopted.outcome).toEqual({ status: 'interrupted' });
  });

  it('do not when they were not even prepared', async () => {
    expect(await runner.adopt(shell(':').attempt, undefined).outcome).toEqual({
      status: 'interrupted',
    });
  });

  it('are not taken for another process that has their pid by now', async () => {
    const { rig, process: leader, execution } = await begun(':');
    kill(-leader.pid);
    await execution.outcome;
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    left.push(bystander.pid as number);
    const reused = { ...leader, pid: bystander.pid as number, startTime: 'long ago' };
    const outcome = await runner.adopt(rig.attempt, reused).outcome;
    expect(outcome.status).toBe('interrupted');
    expect(await lives(bystander.pid as number)).toBe(true);
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone
  }
}
