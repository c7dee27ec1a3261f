import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
const FULL = existsSync('/dev/full') ? undefined : 'no /dev/full here';

/** What a task may print or say, of all that could end a line or change a terminal. */
const EVIL = 'a\r\nnuflow: run x succeeded\u001b]0;t\u0007\u009b2J\u2028\u2029\u0085\u202e\u200b';
const UNSAFE = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b]/u;
const HOSTILE_ID = 'a\u2028b\u202e c';

beforeAll(async () => {
  rig = new CliRig(cli);
  rig.write('evil', EVIL);
  const code = "let said = (open --raw evil); error make {msg: $said, code: $'disk::($said)'}";
  rig.write('flow.json', {
    name: HOSTILE_ID,
    tasks: [
      { id: HOSTILE_ID, shell: { command: 'cat', args: ['evil'] } },
      { id: 'bad', nu: { code } },
      { id: 'after', needs: ['bad'], shell: { command: 'true' } },
    ],
  });
  await rig.run('run', 'flow.json', '--id', 'one', '--quiet');
}, 60_000);
afterAll(() => rig.remove());

const LOOKS: readonly (readonly string[])[] = [
  ['list'],
  ['show', 'one'],
  ['logs', 'one'],
  ['output', 'one', HOSTILE_ID],
  ['events', 'one'],
  ['journal', 'check'],
];

describe.skipIf(FULL)('a disk that is full', () => {
  it.each([
    ...LOOKS.map((args) => args.map((arg) => (arg === HOSTILE_ID ? `"$(cat id)"` : arg)).join(' ')),
    'list --json',
    'show one --json',
    'logs one --json',
    'events one --follow --json',
    'journal repair one',
    'resume one',
    'run flow.json --id one --json --quiet',
    '--help',
    'show --help',
  ])('is an error of %s, not silence', async (command) => {
    rig.write('id', HOSTILE_ID);
    const { code, stderr } = await rig.shell(`$NUFLOW ${command} > /dev/full`);
    expect(stderr).toMatch(/standard output can't be written: ENOSPC/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it('does not keep a run from its end', async () => {
    rig.write('good.json', {
      name: 'good',
      tasks: [{ id: 'a', shell: { command: 'touch', args: ['made'] } }],
    });
    expect((await rig.shell('$NUFLOW run good.json --id good > /dev/full')).code).toBe(1);
    expect(JSON.parse((await rig.run('show', 'good', '--json')).stdout).status).toBe('succeeded');
  });
});

describe('a file that may not grow', () => {
  it('holds what fits, and the rest is an error', async () => {
    const script = '(ulimit -f 1; exec $NUFLOW events one --json > part); echo $?; wc -c < part';
    const { stdout, stderr } = await rig.shell(script);
    const [code, bytes] = stdout.trim().split(/\s+/).map(Number);
    expect(code).toBe(1);
    expect(stderr).toContain('EFBIG');
    expect(bytes).toBeGreaterThan(0);
  });
});

describe('what a task says', () => {
  it.each(LOOKS)('leaves --json of %s a line of JSON for each value', async (...args) => {
    const { stdout } = await rig.run(...args, '--json');
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object');
    expect(stdout).not.toMatch(UNSAFE);
  });

  it.each([['list'], ['show', 'one'], ['events', 'one'], ['journal', 'check']])(
    'begins no line of %s, and changes no terminal',
    async (...args) => {
      const { stdout } = await rig.run(...args);
      expect(stdout).not.toMatch(UNSAFE);
      expect(stdout).not.toMatch(/^nuflow:/m);
    },
  );

  it('begins no line of what is shown of a run that goes on', async () => {
    const { stderr } = await rig.run('run', 'flow.json', '--id', 'two', '--logs');
    expect(stderr).not.toMatch(UNSAFE);
    expect(stderr).not.toMatch(/^nuflow:/m);
    expect(stderr).toMatch(/ \(attempt 1\) stdout: nuflow: run x succeeded\\u\{1b\}\]0;t\\u\{7\}/);
  });

  it('is in the log byte for byte when that goes to a pipe', async () => {
    rig.write('id', HOSTILE_ID);
    expect((await rig.shell('$NUFLOW logs one "$(cat id)"')).stdout).toBe(EVIL);
  });
});

describe('a run that failed', () => {
  it('names the task that failed first and what to type, not those that were not run', async () => {
    const { code, stderr } = await rig.run('resume', 'one');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^run one failed: 1\/3 done, 1 failed, 1 upstream failed, /m);
    expect(stderr).toMatch(/^ {2}bad \(attempt 1\): disk::a\\r\\n.*\n {4}nuflow logs one bad$/m);
    expect(stderr).not.toContain('after');
    const { stdout } = await rig.run('show', 'one', '--utc');
    expect(stdout).toMatch(
      /1\/3 done, 1 failed, 1 upstream failed {2}started [\d-]+ [\d:]+\+00:00/,
    );
    expect(stdout).toMatch(/Failed first:\n {2}bad \(attempt 1\): disk::/);
  });
});

describe('a run of 130,000 tasks', () => {
  it('is shown whole, the cause first, and its logs are read in one go', async () => {
    const index = new URL('./node_modules/nuflow/dist/index.js', `file://${cli}`).href;
    rig.write(
      'big.mjs',
      `import { defineWorkflow } from '${index}';
      export default defineWorkflow('big', { tasks: (t) => {
        const root = t.fn('root', { run: () => { throw new Error('no room'); } });
        for (let i = 0; i < 130_000; i++) t.fn('t' + i, { needs: { root }, run: () => {} });
        return {};
      } });`,
    );
    expect((await rig.run('run', 'big.mjs', '--id', 'big', '--quiet')).code).toBe(1);
    const { code, stdout, stderr } = await rig.run('show', 'big');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toContain('0/130001 done, 1 failed, 130000 upstream failed');
    expect(lines[3]).toBe('  root (attempt 1): Error: no room');
    expect(lines.filter((line) => line.startsWith('t'))).toHaveLength(130_000);
    expect((await rig.run('logs', 'big')).stdout).toContain('Error: no room');
  }, 180_000);
});

describe('what functions of a workflow print', () => {
  it('is no data: it goes to stderr', async () => {
    const index = new URL('./node_modules/nuflow/dist/index.js', `file://${cli}`).href;
    rig.write(
      'loud.mjs',
      `import { defineWorkflow } from '${index}';
      console.log('loaded');
      export default defineWorkflow('loud', { tasks: (t) => ({ f: t.fn('f', { run: () => console.log('ran') }) }) });`,
    );
    const { stdout, stderr } = await rig.run('run', 'loud.mjs', '--json', '--quiet');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
    expect(stderr).toContain('loaded\nran\n');
  });
});
