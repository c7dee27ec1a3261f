import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
beforeEach(() => {
  rig = new CliRig(cli);
  rig.write('hello.yaml', HELLO);
  rig.write('fails.json', {
    name: 'fails',
    tasks: [
      { id: 'bad', nu: { code: 'error make {msg: "no room\\u{1b}[31m", code: "disk::full"}' } },
    ],
  });
});
afterEach(() => rig.remove());

const HELLO = `
name: hello
input: { type: object, properties: { name: { type: string } }, required: [name] }
tasks:
  - id: greet
    nu: { code: 'print "on the way"; $"hello ($input)"', input: { $input: name } }
  - id: exclaim
    needs: [greet]
    nu: { code: '$"($input)!"', input: { $output: greet } }
`;

describe('nuflow run', () => {
  it('writes the outputs to stdout and everything else to stderr', async () => {
    const { code, stdout, stderr } = await rig.run(
      'run',
      'hello.yaml',
      '--input',
      '{"name":"wuji"}',
    );
    expect(stderr).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00 task\.started greet \(attempt 1\)$/m,
    );
    expect(stderr).toMatch(/^run \S+ succeeded: 2\/2 done, /m);
    expect(JSON.parse(stdout)).toEqual({ greet: 'hello wuji', exclaim: 'hello wuji!' });
    expect(code).toBe(0);
  });

  it('writes one line of JSON with --json', async () => {
    rig.write('input.json', { name: 'wuji' });
    const args = ['--input', '@input.json', '--id', 'one', '--json', '--quiet'];
    const { code, stdout, stderr } = await rig.run('run', 'hello.yaml', ...args);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        id: 'one',
        status: 'succeeded',
        outputs: { greet: 'hello wuji', exclaim: 'hello wuji!' },
        failures: [],
      },
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('attaches to the run when the id is there', async () => {
    const args = ['run', 'hello.yaml', '--input', '{"name":"wuji"}', '--id', 'one', '--json'];
    const first = await rig.run(...args);
    const second = await rig.run(...args);
    expect(second.stdout).toBe(first.stdout);
    expect(JSON.parse((await rig.run('list', '--json')).stdout)).toHaveLength(1);
  });

  it('shows what tasks print with --logs', async () => {
    const { stderr } = await rig.run('run', 'hello.yaml', '--input', '{"name":"x"}', '--logs');
    expect(stderr).toContain('task.output greet (attempt 1) stdout: on the way');
  });

  it('ends with 1 when the run failed, and shows control characters instead of obeying them', async () => {
    const { code, stderr } = await rig.run('run', 'fails.json', '--id', 'f');
    expect(code).toBe(1);
    expect(stderr).toContain('task.failed bad (attempt 1): disk::full: no room\\u{1b}[31m');
    expect(stderr).toContain('nuflow show f');
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['destroy']],
    ['an unknown option', ['run', 'hello.yaml', '--fast']],
    ['the former --output, which says what to type', ['run', 'hello.yaml', '--output']],
    ['a concurrency that is no number', ['run', 'hello.yaml', '--concurrency', 'many']],
    [
      'a concurrency out of range',
      ['run', 'hello.yaml', '--concurrency', '0', '--input', '{"name":""}'],
    ],
    ['a file that is not there', ['run', 'nowhere.yaml']],
    ['a module that is not there', ['run', 'nowhere.js']],
    ['input that is not JSON', ['run', 'hello.yaml', '--input', '{name}']],
    ['input the workflow refuses', ['run', 'hello.yaml', '--input', '{"name":1}']],
    ['a run that is not there', ['show', 'nobody']],
    ['a run id that is a path', ['show', '../../etc']],
    ['a task that is not there', ['logs', 'hello', 'nobody']],
    ['a run to resume that is not there', ['resume', 'nobody']],
  ])('ends with 2 for %s, without a stack trace', async (_, args) => {
    const { code, stdout, stderr } = await rig.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toBe('');
  });

  it('ends with 2 for a circle, and names it as data with --json', async () => {
    rig.write('circle.json', {
      name: 'circle',
      tasks: ['a', 'b'].map((id, i, ids) => ({
        id,
        needs: [ids[1 - i]],
        shell: { command: 'ls' },
      })),
    });
    const { code, stderr } = await rig.run('run', 'circle.json', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error.code).toBe('NUFLOW_CYCLE');
  });

  it('runs the workflow that a module exports, and asks which when there are several', async () => {
    const flow = (name: string): string =>
      `export const ${name} = defineWorkflow('the.${name}', { tasks: (t) => { return { f: t.fn('f', { run: () => '${name}' }) }; } });`;
    const index = new URL('./node_modules/nuflow/dist/index.js', `file://${cli}`).href;
    const head = `import { defineWorkflow } from '${index}';\n`;
    rig.write('one.mjs', head + flow('one'));
    rig.write('two.mjs', head + flow('one') + flow('two'));
    expect(JSON.parse((await rig.run('run', 'one.mjs')).stdout)).toEqual({ f: 'one' });
    const chosen = await rig.run('run', 'two.mjs', '--workflow', 'the.two');
    expect(JSON.parse(chosen.stdout)).toEqual({ f: 'two' });
    const unclear = await rig.run('run', 'two.mjs');
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain('one (the.one), two (the.two)');
  });
});

describe('looking at runs', () => {
  beforeEach(async () => {
    await rig.run('run', 'hello.yaml', '--input', '{"name":"wuji"}', '--id', 'one', '--quiet');
    await rig.run('run', 'fails.json', '--id', 'two', '--quiet');
  });

  it('lists runs, latest first', async () => {
    const { stdout } = await rig.run('list');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ['RUN', 'WORKFLOW', 'STATUS', 'TASKS'],
      ['two', 'fails', 'failed', '0/1 done, 1 failed'],
      ['one', 'hello', 'succeeded', '2/2 done'],
      [''],
    ]);
    const runs = JSON.parse((await rig.run('list', '--json')).stdout);
    expect(runs.map(({ id }: { id: string }) => id)).toEqual(['two', 'one']);
  });

  it('says that there is no data directory, and makes none', async () => {
    for (const args of [['list'], ['show', 'x'], ['resume'], ['resume', 'x'], ['cancel', 'x']]) {
      const { code, stdout, stderr } = await rig.run(...args, '--data-dir', 'elsewhere');
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain('there is no data directory elsewhere');
    }
    expect(rig.lines('elsewhere/index.json')).toEqual([]);
  });

  it('shows a run, its tasks and their errors', async () => {
    const { stdout } = await rig.run('show', 'two');
    expect(stdout).toContain('bad   failed  1');
    expect(stdout).toContain('disk::full: no room');
    const run = JSON.parse((await rig.run('show', 'one', '--json')).stdout);
    expect(run).toMatchObject({ id: 'one', status: 'succeeded', input: { name: 'wuji' } });
  });

  it('writes what tasks printed, of one task byte for byte', async () => {
    expect((await rig.run('logs', 'one', 'greet')).stdout).toBe('on the way\n');
    expect((await rig.run('logs', 'one')).stdout).toBe(
      '==> greet (attempt 1, stdout) <==\non the way\n',
    );
    const data = (await rig.run('logs', 'one', 'greet', '--json')).stdout;
    expect(JSON.parse(data)).toEqual({
      task: 'greet',
      attempt: 1,
      stdout: 'on the way\n',
      stderr: '',
    });
  });

  it('writes beginning and end of a long log, and an output however big', async () => {
    rig.write('much.json', {
      name: 'much',
      outputs: {},
      tasks: [
        {
          id: 'log',
          shell: { command: 'sh', args: ['-c', 'echo first; yes | head -c 40000000; echo last'] },
        },
        { id: 'value', nu: { code: "'x' | fill --width 300000 --character 'x'" } },
      ],
    });
    expect((await rig.run('run', 'much.json', '--id', 'much', '--quiet')).code).toBe(0);
    const { stdout: log } = await rig.run('logs', 'much', 'log');
    expect(log).toMatch(/^first\ny\n.*\n\[nuflow: \d+ bytes left out\]\ny\n.*\nlast\n$/s);
    expect(log.length).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect((await rig.run('show', 'much', '--json')).stdout).not.toContain('xxxx');
    const { stdout: value } = await rig.run('output', 'much', 'value');
    expect(value).toBe(`"${'x'.repeat(300_000)}"\n`);
    expect((await rig.run('output', 'much', 'nobody')).code).toBe(2);
  });

  it('writes the journal from any record on', async () => {
    const lines = (await rig.run('events', 'one', '--json')).stdout.trim().split('\n');
    const types = lines.map((line) => JSON.parse(line).type);
    expect([types.at(0), types.at(-1)]).toEqual(['run.started', 'run.finished']);
    const last = await rig.run('events', 'one', '--from', String(lines.length), '--follow');
    expect(last.stdout).toMatch(/^[\d-]+ [\d:]+\+00:00 run\.finished succeeded\n$/);
  });

  it.each([
    ['events', 'one', '--json'],
    ['list'],
    ['logs', 'one'],
    ['run', 'hello.yaml', '--id', 'one', '--input', '{"name":"wuji"}'],
  ])('is not upset when the reader of %s goes away', async (...args) => {
    const command = rig.start(...args);
    command.process.stdout?.destroy();
    const { code, stderr } = await command.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
  });
});
