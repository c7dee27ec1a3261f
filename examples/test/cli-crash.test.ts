import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lives } from '../../test/support/processes.js';
import { builtCli } from './built-cli.js';
import { CliRig, type Command, leaves, waits } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
let running: Command;

/** A run in the middle: `first` is done, `second` waits for the file `go`, `third` has not started. */
beforeEach(async () => {
  rig = new CliRig(cli);
  rig.write('flow.json', {
    name: 'flow',
    tasks: [
      leaves('first', 'done'),
      waits('second', ['first']),
      leaves('third', 'done', ['second']),
    ],
  });
  running = rig.start('run', 'flow.json', '--id', 'one', '--json');
  await running.says('task.started second');
  await vi.waitFor(() => expect(pidOf('second')).toBeGreaterThan(0), 10_000);
});
afterEach(async () => {
  rig.write('go', '');
  running.process.kill('SIGKILL');
  await running.ended;
  rig.remove();
});

describe('while another process has the data directory', () => {
  it('refuses to work there with 75', async () => {
    for (const args of [['run', 'flow.json'], ['resume'], ['cancel', 'one']]) {
      const { code, stderr } = await rig.run(...args);
      expect(code).toBe(75);
      expect(stderr).toContain(`process ${running.process.pid}`);
    }
  });

  it('shows it all the same', async () => {
    expect(JSON.parse((await rig.run('list', '--json')).stdout)).toMatchObject([
      { id: 'one', status: 'running', tasks: { total: 3, done: 1 } },
    ]);
    expect((await rig.run('show', 'one')).stdout).toMatch(/second +running +1/);
    for (const args of [['list'], ['show', 'one']])
      expect((await rig.run(...args)).stdout).not.toMatch(/unattended|nuflow resume/);
    expect((await rig.run('logs', 'one')).code).toBe(0);
  });

  it('follows its events to the end', async () => {
    const following = rig.start('events', 'one', '--follow', '--json');
    await new Promise((resolve) => following.process.stdout?.once('data', resolve));
    rig.write('go', '');
    const { code, stdout } = await following.ended;
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    expect(records.at(-1).type).toBe('run.finished');
    expect(code).toBe(0);
  });
});

describe('a run that was killed', () => {
  beforeEach(async () => {
    running.process.kill('SIGKILL');
    await running.ended;
  });

  it('does not look alive: nobody works on it, and it is said what to type', async () => {
    const list = (await rig.run('list')).stdout;
    expect(list).toMatch(/^one +flow +running, unattended +1\/3 done, 1 running +\S+ \S+$/m);
    expect(list).toContain('Nobody works on these; go on with:\n  nuflow resume one\n');
    const shown = (await rig.run('show', 'one')).stdout;
    expect(shown).toMatch(/^one {2}flow {2}running, unattended {2}1\/3 done, 1 running {2}started/);
    expect(shown).toContain('Nobody works on it; go on with:\n  nuflow resume one\n');
    expect(JSON.parse((await rig.run('show', 'one', '--json')).stdout).unattended).toBe(true);
    expect(JSON.parse((await rig.run('list', '--json')).stdout)[0].unattended).toBe(true);
  });

  it('looks no more alive while another run has the data directory', async () => {
    rig.write('other.json', { name: 'other', tasks: [waits('other')] });
    const other = rig.start('run', 'other.json', '--id', 'two');
    await other.says('task.started other');
    const runs = JSON.parse((await rig.run('list', '--json')).stdout);
    expect(runs).toMatchObject([
      { id: 'two', status: 'running' },
      { id: 'one', unattended: true },
    ]);
    expect(runs[0].unattended).toBeUndefined();
    rig.write('go', '');
    expect((await other.ended).code).toBe(0);
  });

  it('goes on: what had finished is not done again', async () => {
    rig.write('go', '');
    const { code, stdout } = await rig.run('resume', 'one', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'one', status: 'succeeded' });
    expect(rig.lines('done')).toEqual(['first', 'third']);
  });

  it('goes on with every unfinished run when none is named', async () => {
    rig.write('go', '');
    expect((await rig.run('resume')).code).toBe(0);
    const again = await rig.run('resume');
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 0, stdout: '' });
    expect(again.stderr).toBe('no run is unfinished\n');
  });

  it('can be cancelled by a process that never worked on it', async () => {
    const { code, stdout } = await rig.run('cancel', 'one', '--json');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"id":"one","status":"cancelled"}\n' });
    expect(lives(pidOf('second'))).toBe(false);
    expect((await rig.run('resume', 'one', '--quiet')).code).toBe(1);
    expect(rig.lines('done')).toEqual(['first']);
  });
});

describe('Ctrl-C', () => {
  it('starts nothing more, lets running tasks end, says how to go on, and ends with 130', async () => {
    running.process.kill('SIGINT');
    await running.says('Ctrl-C again');
    rig.write('go', '');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('nuflow resume one');
    expect(rig.lines('done')).toEqual(['first']);
    expect((await rig.run('resume', 'one')).code).toBe(0);
    expect(rig.lines('begun')).toEqual(['second']);
    expect(rig.lines('done')).toEqual(['first', 'third']);
  });

  it('kills what runs when pressed again, and the run can be resumed', async () => {
    running.process.kill('SIGINT');
    await running.says('Ctrl-C again');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(lives(pidOf('second'))).toBe(false);
    rig.write('go', '');
    expect((await rig.run('resume', 'one')).code).toBe(0);
    expect(rig.lines('begun')).toEqual(['second', 'second']);
  });
});

describe('SIGTERM', () => {
  it('interrupts what runs and ends with 143; the run can be resumed', async () => {
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
    expect(lives(pidOf('second'))).toBe(false);
    rig.write('go', '');
    expect((await rig.run('resume', 'one')).code).toBe(0);
  });
});

function pidOf(task: string): number {
  return Number(readFileSync(rig.path(`${task}.pid`), 'utf8'));
}
