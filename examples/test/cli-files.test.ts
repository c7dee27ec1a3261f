import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
beforeEach(() => {
  rig = new CliRig(cli);
});
afterEach(() => rig.remove());

const YAML = `name: echo
tasks:
  - id: say
    shell: { command: cat, stdin: { $input: text, $default: none } }
`;

describe('nuflow run with files', () => {
  it('says all that is wrong with a workflow, with line and column, and starts nothing', async () => {
    rig.write('w.yaml', YAML.replace('shell', 'shel').replace('tasks', 'onFailure: stop\ntasks'));
    const { code, stdout, stderr } = await rig.run('run', 'w.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/w\.yaml:2:12: onFailure: "stop" is not one of/);
    expect(stderr).toMatch(
      /^ +w\.yaml:5:5: task "say": unknown key "shel"; did you mean "shell"\?$/m,
    );
    const data = JSON.parse((await rig.run('run', 'w.yaml', '--json')).stderr);
    expect(data.error.details.problems).toMatchObject([
      { line: 2, column: 12, path: 'onFailure' },
      { line: 5, column: 5, task: 'say', path: 'tasks.say' },
    ]);
    expect(rig.lines('.nuflow/index.json')).toEqual([]);
  });

  it('accepts a BOM in a workflow, an input and a secret', async () => {
    rig.write('w.yaml', `\uFEFF${YAML}`);
    rig.write('in.json', '\uFEFF{"text": "hello"}');
    rig.write('token', '\uFEFFhello\n');
    const options = ['--input', '@in.json', '--secret', 'T=@token', '--quiet'];
    const { code, stdout } = await rig.run('run', 'w.yaml', ...options);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).say.stdout).toBe('hello');
  });

  it.each([
    ['a key twice', '{"text": "a",\n "text": "b"}', /in\.json:2:2: the key "text" appears twice/],
    ['a number too large', '{"text": 1e999}', /in\.json:1:10: /],
    ['no JSON', '{"text": hunter2}', /in\.json:1:10: expected a value/],
    ['Latin-1', Buffer.from('{"text": "caf\xe9"}', 'latin1'), /in\.json:1:14: .*UTF-8/],
  ])('refuses an input with its place: %s', async (_, text, why) => {
    rig.write('w.yaml', YAML);
    writeFileSync(rig.path('in.json'), text);
    const { code, stderr } = await rig.run('run', 'w.yaml', '--input', '@in.json');
    expect(code).toBe(2);
    expect(stderr).toMatch(why);
    expect(stderr).not.toContain('hunter');
    const given = await rig.run('run', 'w.yaml', '--input', text.toString('latin1').slice(0, 9));
    expect(given.stderr).toMatch(/--input, line 1, column \d+: /);
  });

  it('refuses a secret that is not UTF-8', async () => {
    rig.write('w.yaml', YAML);
    writeFileSync(rig.path('token'), Buffer.from('caf\xe9', 'latin1'));
    const { code, stderr } = await rig.run('run', 'w.yaml', '--secret', 'T=@token');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'nuflow: --secret: token is not UTF-8\n' });
  });

  it('warns of a text that is probably meant as a reference', async () => {
    rig.write('w.yaml', YAML.replace('{ $input: text, $default: none }', '"a\\n$input.text\\n"'));
    const { code, stderr } = await rig.run('run', 'w.yaml');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^w\.yaml:4:\d+: warning: task "say", shell\.stdin: is a literal text/m);
  });
});
