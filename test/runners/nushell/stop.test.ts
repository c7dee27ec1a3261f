import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { AttemptRig, lives, NUSHELLS, temporaryFolder } from '../attempts.js';

/** A program that leaves its pid in the file `pid`, then stays. */
const STAYS = `sh -c 'echo $$ > pid.tmp; mv pid.tmp pid; exec sleep 60'`;
const STUBBORN = `sh -c 'trap "" INT; echo $$ > pid.tmp; mv pid.tmp pid; while :; do sleep 60; done'`;
/** Says the pid once it is there. */
const TELL = `while not ('pid' | path exists) { sleep 5ms }; print $"pid (open --raw pid | str trim) ready"`;

describe.each(NUSHELLS)('stopping a task on Nushell %s', (_version, binary) => {
  const folder = temporaryFolder();
  const runner = new NushellRunner({ binary });
  let count = 0;
  /** Starts code in a folder of its own. */
  const begin = (code: string) => {
    const cwd = `work-${count++}`;
    mkdirSync(join(folder, cwd));
    const rig = new AttemptRig(folder, { with: { code, cwd } });
    return { rig, execution: rig.start(runner), file: (name: string) => join(folder, cwd, name) };
  };

  describe.each([
    ['in a session of its own', `^setsid --fork ${STAYS}`],
    ['that ignores SIGINT', `^setsid --fork ${STUBBORN}`],
    ['in a background job', `job spawn { ^${STAYS} }`],
    ['in a background job that lost its environment', `job spawn { ^env -i /bin/${STAYS} }`],
    ['left by a shell', `^sh -c 'sleep 60 > /dev/null & echo $! > pid.tmp; mv pid.tmp pid'`],
  ])('with a descendant %s', (_what, start) => {
    it.each(['interrupt', 'kill'] as const)('leaves nothing after %s', async (how) => {
      const { rig, execution } = begin(`${start}; ${TELL}; sleep 60sec`);
      const pid = Number((await rig.printed(/pid (\d+) ready/))[1]);
      expect(await lives(pid)).toBe(true);
      execution.stop(how);
      await execution.outcome;
      expect(await lives(pid)).toBe(false);
      expect(await rig.processes()).toEqual([]);
    });
  });

  it('lets the task clean up when it is interrupted, and takes the outcome it then leaves', async () => {
    const { rig, execution, file } = begin(
      `try { ^sh -c 'echo ready >&2; exec sleep 60' } catch { 'cleaned' | save done; error make {msg: 'stopped by hand'} }`,
    );
    await rig.printed(/ready/);
    execution.stop('interrupt');
    const outcome = await execution.outcome;
    expect(outcome).toMatchObject({ error: { message: 'stopped by hand' } });
    expect(readFileSync(file('done'), 'utf8')).toBe('cleaned');
  });

  it('ends with the signal when it is killed', async () => {
    const { rig, execution } = begin(`^sh -c 'echo ready >&2; exec sleep 60'`);
    await rig.printed(/ready/);
    execution.stop('kill');
    expect(await execution.outcome).toMatchObject({
      status: 'interrupted',
      error: { code: 'NUFLOW_SIGNAL', signal: 'SIGKILL' },
    });
  });

  it('leaves a server alone that a task started before it ended by itself', async () => {
    const { rig, execution } = begin(`^setsid --fork ${STAYS}; ${TELL}; open --raw pid | into int`);
    const outcome = await execution.outcome;
    const pid = Number((await rig.printed(/pid (\d+) ready/))[1]);
    expect(outcome).toEqual({ status: 'succeeded', output: pid });
    expect(await lives(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('does not wait for a descendant that holds stdout', async () => {
    const { rig, execution } = begin(`^sh -c 'sleep 60 & echo $! > pid'; ${TELL}`);
    expect((await execution.outcome).status).toBe('succeeded');
    process.kill(Number((await rig.printed(/pid (\d+) ready/))[1]), 'SIGKILL');
  });
});
