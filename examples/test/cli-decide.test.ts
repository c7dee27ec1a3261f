import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig, leaves, waits } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
afterEach(() => rig.remove());

/** A run whose command and whose task `make it` were killed, with the task to be held; `after` comes next. */
beforeEach(async () => {
  rig = new CliRig(cli);
  const output = { type: 'object', properties: { stdout: { type: 'string' } } };
  rig.write('flow.json', {
    name: 'flow',
    tasks: [
      { ...waits('make it'), onInterrupted: 'hold', output },
      leaves('after', 'done', ['make it']),
    ],
  });
  const running = rig.start('run', 'flow.json', '--id', 'one');
  await running.says('task.started make it');
  await expect.poll(() => rig.lines('begun'), { timeout: 20_000 }).toHaveLength(1);
  await expect.poll(recordedPid, { timeout: 20_000 }).toBeTypeOf('number');
  running.process.kill('SIGKILL');
  await running.ended;
  process.kill(-(await recordedPid()), 'SIGKILL');
  rig.write('go', '');
});

async function recordedPid(): Promise<number> {
  return JSON.parse((await rig.run('show', 'one', '--json')).stdout).tasks[0].pid;
}

const DECIDE = "nuflow decide one 'make it' rerun|done|fail";

describe('a run whose task is held', () => {
  it('waits, says what for, and ends the command with 3', async () => {
    const { code, stdout, stderr } = await rig.run('resume', 'one');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('task.interrupted make it (attempt 1): hold');
    expect(stderr).toContain(`run one waits for a decision:\n  ${DECIDE}\n`);
    const again = await rig.run('resume', '--json', '--quiet');
    expect({ code: again.code, said: JSON.parse(again.stdout) }).toEqual({
      code: 3,
      said: { id: 'one', status: 'running', held: ['make it'] },
    });
  });

  it('is shown with what to type next', async () => {
    await rig.run('resume', 'one');
    const { stdout } = await rig.run('show', 'one');
    expect(stdout).toMatch(/^make it +interrupted +1 .*held since \d{4}-/m);
    expect(stdout).toContain(`Held for a decision:\n  ${DECIDE}\n`);
    expect((await rig.run('list')).stdout).toMatch(
      /one +flow +running, unattended +0\/2 done, 1 held/,
    );
  });

  it('goes on with the output it is given', async () => {
    await rig.run('resume', 'one');
    const given = ['--output', '{"stdout":"found"}', '--message', 'looked myself', '--json'];
    const { code, stdout, stderr } = await rig.run('decide', 'one', 'make it', 'done', ...given);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      outputs: { 'make it': { stdout: 'found' } },
    });
    expect(stderr).toContain('task.decided make it (attempt 1): done: looked myself');
    expect(rig.lines('done')).toEqual(['after']);
    expect(rig.lines('begun')).toEqual(['make it']);
  });

  it('runs the task again', async () => {
    await rig.run('resume', 'one');
    expect((await rig.run('decide', 'one', 'make it', 'rerun', '--quiet')).code).toBe(0);
    expect(rig.lines('begun')).toEqual(['make it', 'make it']);
    expect(rig.lines('done')).toEqual(['after']);
  });

  it('fails the task', async () => {
    await rig.run('resume', 'one');
    const failed = await rig.run('decide', 'one', 'make it', 'fail', '--message', 'it is lost');
    expect(failed.code).toBe(1);
    expect((await rig.run('show', 'one')).stdout).toContain('NUFLOW_DECIDED_FAILED: it is lost');
    expect(rig.lines('done')).toEqual([]);
  });

  it('refuses with 2 what can not be decided', async () => {
    await rig.run('resume', 'one');
    const refused: [string[], string][] = [
      [['make it', 'maybe'], 'a decision is one of rerun, done, fail'],
      [['make it', 'done', '--output', '{'], 'NUFLOW_BAD_JSON: --output'],
      [['make it', 'done', '--output', '{"stdout":1}'], 'not one it could have'],
      [['make it', 'fail', '--output', '1'], 'belongs to the decision done'],
      [['after', 'rerun'], 'is not held for a decision: it is pending'],
      [['none', 'rerun'], 'has no task "none"'],
    ];
    for (const [args, why] of refused) {
      const { code, stdout, stderr } = await rig.run('decide', 'one', ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(why);
    }
  });
});
