import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { identify, type ProcessIdentity } from '../../../src/platform/process-identity.js';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { AttemptRig, lives, NUSHELLS, temporaryFolder } from '../attempts.js';
import { builtLibrary } from '../built-library.js';

/** Starts one attempt, tells who it is once it has printed something, then just stays. */
const ORCHESTRATOR = `
  const { library, binary, attempt } = JSON.parse(process.argv[1]);
  const { NushellRunner } = await import(library + '/runners/index.js');
  let onOutput;
  const printed = new Promise((resolve) => (onOutput = resolve));
  const execution = new NushellRunner({ binary }).start({ ...attempt, output: onOutput });
  await printed;
  console.log(JSON.stringify(await execution.spawned));
  setInterval(() => {}, 1000);
`;
const WAIT_FOR_GO = `while not ('go' | path exists) { sleep 5ms }`;

describe.each(NUSHELLS)('attempts of a dead orchestrator on Nushell %s', (_version, binary) => {
  const library = builtLibrary();
  const runner = new NushellRunner({ binary });
  const all = temporaryFolder();
  const begin = (code: string) => {
    const folder = mkdtempSync(join(all, 'run-'));
    const rig = new AttemptRig(folder, { with: { code } });
    return { rig, folder, go: () => writeFileSync(join(folder, 'go'), '') };
  };

  /** Starts the attempt in a process of its own and kills that with SIGKILL once the task has printed something. */
  const startAndDie = async (rig: AttemptRig): Promise<ProcessIdentity> => {
    const argument = JSON.stringify({ library, binary, attempt: rig.attempt });
    const child = spawn(process.execPath, ['--input-type=module', '-e', ORCHESTRATOR, argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    return JSON.parse(String(line)) as ProcessIdentity;
  };

  it('goes on when its orchestrator is killed, is waited for, and heard from its beginning', async () => {
    const { rig, go } = begin(`print early; ${WAIT_FOR_GO}; print late; ^printf external`);
    const identity = await startAndDie(rig);
    const adopted = runner.adopt(rig.attempt, identity);
    expect(await adopted.spawned).toEqual(identity);
    go();
    expect(await adopted.outcome).toEqual({ status: 'succeeded', output: 'external' });
    expect(rig.text()).toBe('early\nlate\n');
  });

  it('is found by its cookie when the journal does not know its process', async () => {
    const { rig, go } = begin(`print early; ${WAIT_FOR_GO}; 1`);
    const identity = await startAndDie(rig);
    const adopted = runner.adopt(rig.attempt, undefined);
    expect(await adopted.spawned).toEqual(identity);
    go();
    expect(await adopted.outcome).toEqual({ status: 'succeeded', output: 1 });
  });

  it('counts as done when it ended with a result', async () => {
    const { rig } = begin('{a: 1}');
    const { spawned, outcome } = rig.start(runner);
    await outcome;
    const adopted = runner.adopt(rig.attempt, await spawned);
    expect(await adopted.spawned).toBe(undefined);
    expect(await adopted.outcome).toEqual({ status: 'succeeded', output: { a: 1 } });
  });

  it('is interrupted when it ended without before anybody came, and what it left is killed', async () => {
    const { rig } = begin(`^setsid --fork sleep 60; print ready; ${WAIT_FOR_GO}`);
    const identity = await startAndDie(rig);
    process.kill(identity.pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await rig.processes()).toHaveLength(1));
    const adopted = runner.adopt(rig.attempt, identity);
    expect(await adopted.outcome).toEqual({ status: 'interrupted' });
    expect(await rig.processes()).toEqual([]);
  });

  it('has died before the eyes of who took it over when it ends without', async () => {
    const { rig } = begin(`^setsid --fork sleep 60; print ready; ${WAIT_FOR_GO}`);
    const identity = await startAndDie(rig);
    const adopted = runner.adopt(rig.attempt, identity);
    expect(await adopted.spawned).toEqual(identity);
    process.kill(identity.pid, 'SIGKILL');
    expect(await adopted.outcome).toMatchObject({
      status: 'interrupted',
      error: { code: 'NUFLOW_PROCESS_DIED' },
    });
    expect(await rig.processes()).toEqual([]);
  });

  it('leaves nothing when the dead orchestrator was stopping it, whatever outcome it left', async () => {
    const { rig } = begin(`^setsid --fork sleep 60; 1`);
    const { spawned, outcome } = rig.start(runner);
    await outcome;
    expect(await rig.processes()).toHaveLength(1);
    writeFileSync(join(rig.attempt.dir, 'stopped'), '');
    const adopted = runner.adopt(rig.attempt, await spawned);
    expect(await adopted.outcome).toEqual({ status: 'succeeded', output: 1 });
    expect(await rig.processes()).toEqual([]);
  });

  it.each([
    ['start time', { startTime: '1' }],
    ['boot', { bootId: 'another' }],
  ])('is not taken for a process with its pid of another %s', async (_what, other) => {
    const { rig } = begin('1');
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    const pid = bystander.pid as number;
    const identity = { ...((await identify(pid)) as ProcessIdentity), ...other };
    const adopted = runner.adopt(rig.attempt, identity);
    expect(await adopted.spawned).toBe(undefined);
    expect(await adopted.outcome).toEqual({ status: 'interrupted' });
    expect(await lives(pid)).toBe(true);
    bystander.kill('SIGKILL');
  });

  it('is found by its cookie when its process was recorded without a start time', async () => {
    const { rig, go } = begin(`print early; ${WAIT_FOR_GO}; 1`);
    const identity = await startAndDie(rig);
    const adopted = runner.adopt(rig.attempt, { ...identity, startTime: '' });
    expect(await adopted.spawned).toEqual(identity);
    go();
    expect(await adopted.outcome).toEqual({ status: 'succeeded', output: 1 });
  });

  it('is interrupted when it never started', async () => {
    const { rig } = begin('1');
    expect(await runner.adopt(rig.attempt, undefined).outcome).toEqual({ status: 'interrupted' });
  });

  it.each(['interrupt', 'kill'] as const)('ends on %s and leaves nothing', async (how) => {
    const { rig } = begin(`^setsid --fork sleep 60; ^sh -c 'echo ready >&2; exec sleep 60'`);
    const adopted = runner.adopt(rig.attempt, await startAndDie(rig));
    adopted.stop(how);
    await adopted.outcome;
    expect(await rig.processes()).toEqual([]);
  });
});
