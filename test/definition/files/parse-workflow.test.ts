import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FileProblem,
  Orchestrator,
  parseWorkflow,
  WorkflowFileError,
  workflowFromData,
  workflowFromFile,
} from '../../../src/index.js';

function refusal(text: string | Uint8Array, file = 'w.yaml'): WorkflowFileError {
  try {
    parseWorkflow(text, { file });
  } catch (error) {
    if (error instanceof WorkflowFileError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** Messages of a refusal, each with its file, line and column. */
const lines = (text: string | Uint8Array, file?: string) => refusal(text, file).message.split('\n');

const TASKS = 'name: w\ntasks:\n';
/** A file with one task, its fields at column 5 from line 4 on. */
const withTask = (...fields: string[]) =>
  `${TASKS}  - id: server\n${fields.map((field) => `    ${field}\n`).join('')}`;

describe('a workflow file', () => {
  it('is the same in YAML, in JSON and as data', () => {
    const data = {
      name: 'w',
      input: { type: 'object', properties: { n: { type: 'integer' } } },
      tasks: [
        { id: 'a', shell: { command: 'ls', args: [{ $input: 'n' }] }, timeout: '5min' },
        { id: 'b', needs: ['a'], nu: { code: '$input', input: { $output: 'a.stdout' } } },
      ],
    };
    const yaml = `
name: w # a comment
input: { type: object, properties: { n: { type: integer } } }
tasks:
  - id: a
    shell: { command: ls, args: [ { $input: n } ] }
    timeout: 5min
  - id: b
    needs: [a]
    nu:
      code: $input
      input: { $output: a.stdout }
`;
    const expected = workflowFromData(data).spec;
    expect(expected.tasks[0]?.timeoutMs).toBe(300_000);
    for (const bom of ['', '\uFEFF']) {
      expect(parseWorkflow(`${bom}${yaml}`, { file: 'w.yml' }).spec).toEqual(expected);
      const json = Buffer.from(`${bom}${JSON.stringify(data)}`);
      expect(parseWorkflow(json, { file: 'w.JSON' }).spec).toEqual(expected);
      expect(parseWorkflow(json, { format: 'yaml' }).spec).toEqual(expected);
    }
  });

  it('is refused with all that is wrong in it, in order, tasks by their ids', () => {
    const text = `name: w
onFalure: continue
timeout: soon
outputs: { ip: sever }
tasks:
  - id: server
    need: [net]
    retry: { maximumAttempt: 3 }
    trigger: all_sucess
    shell: { command: ls }
  - id: app
    needs: [sever]
    timeout: 5M
    pool: 3
    nu: { code: '1', input: { $output: server.ip } }
  - id: app
    shel: { command: ls }
  - shell: { command: ls }
`;
    const found = refusal(text);
    expect(found.code).toBe('NUFLOW_INVALID_DEFINITION');
    expect(found.message.split('\n')).toEqual([
      'w.yaml:2:1: unknown key "onFalure"; did you mean "onFailure"?',
      expect.stringMatching(/^w.yaml:3:10: timeout: "soon" is not a duration/),
      'w.yaml:4:16: outputs.ip: names "sever", which is not a task of this workflow; did you mean "server"?',
      'w.yaml:7:5: task "server": unknown key "need"; did you mean "needs"?',
      'w.yaml:8:14: task "server", retry: unknown key "maximumAttempt"; did you mean "maximumAttempts"?',
      expect.stringMatching(
        /^w.yaml:9:14: task "server", trigger: "all_sucess" is not one of .*; did you mean "all_success"\?/,
      ),
      'w.yaml:12:13: task "app", needs.0: needs "sever", which is not a task of this workflow; did you mean "server"?',
      expect.stringMatching(/^w.yaml:13:14: task "app", timeout: "5M" is not a duration/),
      'w.yaml:14:11: task "app", pool: expected string, found number; put it in quotes',
      'w.yaml:15:40: task "app", nu.input.$output: refers to the output of "server", which this task does not need; add it to needs',
      'w.yaml:16:9: task "app", id: the id "app" is used twice, first at line 11, column 9; give one of the tasks another id',
      'w.yaml:17:5: task "app": unknown key "shel"; did you mean "shell"?',
      'w.yaml:18:5: task 4 of the list, id: is missing; expected string',
    ]);
    expect(found.problems).toContainEqual({
      code: 'NUFLOW_UNKNOWN_DEPENDENCY',
      line: 12,
      column: 13,
      task: 'app',
      path: 'tasks.app.needs.0',
      message: expect.stringContaining('did you mean "server"'),
      details: { task: 'app', dependency: 'sever' },
    });
  });

  it('has the code of its problems when they have one in common', () => {
    const cyclic = (size: number) =>
      `${TASKS}${Array.from({ length: size }, (_, i) => `  - { id: t${i}, needs: [t${(i + 1) % size}], shell: { command: ls } }\n`).join('')}`;
    const cycle = refusal(cyclic(15));
    expect(cycle.code).toBe('NUFLOW_CYCLE');
    expect(cycle.message).toMatch(
      /^w.yaml:3:23: task "t0".*"t0" → "t1" → .* → "t14" → "t0"; remove/,
    );
    expect(cycle.details).toMatchObject({ length: 15, file: 'w.yaml' });
    expect(refusal(cyclic(1)).message).toContain('cycle of 1 task: "t0" → "t0"');
    const twice = refusal(
      `${TASKS}  - { id: a, shell: { command: ls } }\n`.repeat(1) +
        '  - { id: a, shell: { command: ls } }\n',
    );
    expect(twice.code).toBe('NUFLOW_DUPLICATE_TASK');
    expect(refusal(`${TASKS}  - { id: "a\\tb", shell: { command: ls } }\n`)).toMatchObject({
      code: 'NUFLOW_INVALID_TASK_ID',
      problems: [{ line: 3, column: 11 }],
    });
  });

  it.each<[what: string, text: string | Uint8Array, line: number, column: number, why: RegExp]>([
    ['nothing', '', 1, 1, /is empty/],
    ['a comment only', '# later\n', 1, 1, /is empty/],
    ['a text', 'hello', 1, 1, /expected object, found string/],
    ['a key twice', 'name: w\ntasks: []\nname: x', 3, 1, /"name" appears twice.*line 1, column 1/],
    [
      'a key twice below',
      withTask('shell: { command: a,', '  "command": b }'),
      5,
      7,
      /"command" appears twice.*line 4, column 14/,
    ],
    ['two documents', 'name: w\n---\nname: x\n', 2, 1, /second document/],
    ['an alias', 'name: &x w\nversion: *x\ntasks: []', 2, 10, /aliases are not supported/],
    ['a merge key', 'a: &x { name: w }\n<<: *x', 2, 5, /aliases/],
    ['an unknown tag', 'name: !env HOME\ntasks: []', 1, 7, /unknown tag/],
    ['a tag of YAML 1.1', 'name: !!binary aGk=\ntasks: []', 1, 16, /no JSON/],
    ['YAML 1.1', '%YAML 1.1\n---\nname: yes\ntasks: []', 1, 1, /1\.1/],
    ['a tab', 'name: w\ntasks:\n\t- id: a', 3, 1, /tabs/],
    ['no number of JSON', 'name: w\nversion: .nan\ntasks: []', 2, 10, /no number of JSON/],
    ['an octal number of YAML 1.1', withTask('priority: 010'), 4, 15, /read as 10/],
    ['a number too large', withTask('priority: 1e999'), 4, 15, /larger/],
    ['a number of too many digits', withTask('priority: 12345678901234567890'), 4, 15, /digits/],
    ['a key that is a list', 'name: w\n? [a]\n: b', 2, 3, /key must be text/],
    ['a lone surrogate', 'name: "\\ud800"\ntasks: []', 1, 7, /surrogate/],
    ['Latin-1', Buffer.from('name: w\ntasks: [{ id: caf\xe9 }]', 'latin1'), 2, 18, /UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFname: w', 'utf16le'), 1, 1, /UTF-16/],
    ['a list without an end', 'name: [w\n', 2, 1, /flow/],
    ['65 levels', `name: ${'['.repeat(64)}${']'.repeat(64)}`, 1, 70, /deeper than 64/],
    ['65 levels of blocks', `name:\n  ${'- '.repeat(64)}x`, 2, 129, /deeper than 64/],
    ['200,000 brackets', '['.repeat(200_000), 1, 65, /deeper than 64/],
    ['200,000 blocks', '- '.repeat(200_000), 1, 257, /deeper than 64/],
    ['more than a megabyte', `name: w\n${'#\n'.repeat(600_000)}`, 1, 1, /at most 1 MiB/],
  ])('is refused with line and column: %s', (_what, text, line, column, why) => {
    const [problem] = refusal(text).problems;
    expect(problem).toMatchObject({ line, column, message: expect.stringMatching(why) });
    expect(lines(text)[0]).toMatch(new RegExp(`^w\\.yaml:${line}:${column}: `));
  });

  it.each<[what: string, field: string, why: RegExp]>([
    ['an empty id', 'id: ""', /NUFLOW_INVALID_TASK_ID.*is empty/],
    ['a kind that is text', 'shell: ls -l', /must be an object, such as \{ command: ls/],
    ['one need without brackets', 'needs: b', /with brackets/],
    ['a reference as a timeout', 'timeout: { $input: t }', /is not a duration/],
    ['a control character', 'pool: "a\u0007"', /NUFLOW_BAD_YAML.*control character/],
    ['a long text', `trigger: ${'x'.repeat(100_000)}`, /^.{1,500}$/],
  ])('is refused with what next: %s', (_what, field, why) => {
    const { problems } = refusal(`name: w\ntasks:\n  - ${field}\n    runner: x\n`);
    const found = problems.map(({ code, message }) => `${code} ${message}`);
    expect(found.some((it) => why.test(it))).toBe(true);
  });

  it('is refused in time, however much is wrong with it', () => {
    const many = Array.from(
      { length: 5_000 },
      (_, i) => `  - { id: task${i}, needs: [tsk${i}], shel: {} }\n`,
    );
    const { problems, message } = refusal(`${TASKS}${many.join('')}`);
    expect(problems.length).toBeGreaterThanOrEqual(10_000);
    expect(message.split('\n')).toHaveLength(51);
    expect(message).toMatch(/and \d+ more$/);
  });

  it('is read strictly in JSON too', () => {
    const twice =
      '{"name": "w", "tasks": [{"id": "a",\n "shell": {}, "shell": {"command": "ls"}}]}';
    const error = refusal(twice, 'w.json');
    expect(error.code).toBe('NUFLOW_BAD_JSON');
    expect(error.message).toMatch(
      /^w\.json:2:15: the key "shell" appears twice; .* line 2, column 2/,
    );
    const deep = `{"name": "w", "tasks": ${'['.repeat(65)}`;
    expect(lines(deep, 'w.json')[0]).toMatch(/^w\.json:1:87: nested deeper than 64/);
    const latin = Buffer.from('{"name": "w", "tasks": [{"id": "caf\xe9"}]}', 'latin1');
    expect(lines(latin, 'w.json')[0]).toMatch(/^w\.json:1:36: .*UTF-8/);
    expect(lines(`"${'x'.repeat(9_000_000)}"`, 'w.json')[0]).toMatch(/at most 8 MiB/);
    expect(lines('{"name": "w", "tasks": [{"id": "a"}]}', 'w.json')).toEqual([
      'w.json:1:25: task "a": has no kind; give it one of nu, shell, runner',
    ]);
  });

  it('keeps keys that are special to JavaScript', () => {
    const text = `${TASKS}  - { id: a, runner: x, with: { __proto__: { a: 1 }, constructor: 2 } }`;
    expect(Object.keys(parseWorkflow(text, { format: 'yaml' }).spec.tasks[0]?.with ?? {})).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  it('needs a format when its name does not tell', () => {
    expect(() => parseWorkflow('{}', { file: 'w.txt' })).toThrow(
      expect.objectContaining({ code: 'NUFLOW_INVALID_OPTION' }),
    );
  });
});

describe('references of a workflow file', () => {
  it.each([
    ['server-{ $input: name }', '{ $input: name }'],
    ['server-{$input: name}', '{ $input: name }'],
    ['server-{ "$output": "net.ip" }', '{ $output: net.ip }'],
    ['\u0024{{ input.name }}', '{ $input: name }'],
    ['server-\u0024{{ inputs.name }}-x', '{ $input: name }'],
    ['{{ input.name }}', '{ $input: name }'],
    ['$input.name', '{ $input: name }'],
    ['\u0024{input.name}', '{ $input: name }'],
    ['server-$input.name', '{ $input: name }'],
    ['$input', '{ $input: "" }'],
    ['$output.net.ip', '{ $output: net.ip }'],
  ])('are refused within a text: %s', (text, reference) => {
    const json = (shell: object) =>
      JSON.stringify({ name: 'w', tasks: [{ id: 'a', shell: { command: 'ls', ...shell } }] });
    for (const shell of [{ args: [text] }, { env: { X: text } }, { stdin: text }]) {
      const { message } = refusal(json(shell), 'w.json');
      expect(message).toMatch(/task "a", shell\..*: is a literal text/);
      expect(message).toContain(reference);
      expect(message).toContain('$literal');
    }
    expect(refusal(json({ command: text }), 'w.json').message).toMatch(/text that is fixed/);
    const meant = { args: [{ $literal: text }], stdin: { $input: 'x', $default: 'a' } };
    expect(parseWorkflow(json(meant), { file: 'w.json' }).spec.tasks).toHaveLength(1);
  });

  it('are refused where YAML takes a text with one for a mapping', () => {
    const text = withTask('shell:', '  command: echo', '  args:', '    - server-{ $input: name }');
    expect(lines(text)).toEqual([
      expect.stringMatching(
        /^w\.yaml:7:11: task "server", shell\.args\.0.*literal text.*\{ \$input: name \}/,
      ),
    ]);
  });

  it('are pointed out, not refused, where a text may be meant', () => {
    const warned = (fields: string[]): FileProblem[] => {
      const warnings: FileProblem[] = [];
      parseWorkflow(withTask(...fields), { file: 'w.yaml', onWarning: (it) => warnings.push(it) });
      return warnings;
    };
    const [script] = warned(['shell: { command: sh, args: [-c, "echo $input.name"] }']);
    expect(script).toMatchObject({ line: 4, column: 38, code: 'NUFLOW_LIKELY_REFERENCE' });
    expect(script?.message).toContain('{ $input: name }');
    expect(warned(['shell: { command: cat, stdin: "a\\n$input.name\\n" }'])).toHaveLength(1);
    expect(warned(['nu: { code: "$input.name" }', 'probe: { code: "$input.x" }'])).toEqual([]);
    expect(
      warned(['shell: { command: echo, args: [input.name, "$HOME", "{}", "$inputfile"] }']),
    ).toEqual([]);
  });

  it('are refused with the nearest name when they name what is not there', () => {
    const file = (reference: string) => `name: w
input: { type: object, properties: { name: { type: string }, disks: { type: array, items: { type: object, properties: { size: {} } } } } }
tasks:
  - id: network
    shell: { command: ls }
  - id: server
    needs: [network]
    nu: { code: "1", input: ${reference} }
`;
    const message = (reference: string) => refusal(file(reference)).message;
    expect(message('{ $input: nme }')).toMatch(
      /^w\.yaml:8:39: task "server", nu\.input\.\$input: the input has no "nme" by its schema; did you mean "name"\?$/,
    );
    expect(message('{ $input: disks.0.sise }')).toContain('did you mean "size"');
    expect(message('{ a: [ { $outptu: network.ip } ] }')).toMatch(
      /^w\.yaml:8:36: task "server", nu\.input\.a\.0: has the key "\$outptu".*did you mean "\$output"/,
    );
    expect(message('{ a: [ { $output: netwrok.ip } ] }')).toMatch(
      /nu\.input\.a\.0\.\$output: refers to the output of "netwrok", which is not a task of this workflow; did you mean "network"/,
    );
    expect(message('{ $output: server.ip }')).toContain('does not need');
    expect(message('{ $input: name, $defalt: 1 }')).toContain('$defalt');
    expect(message('{ $input: 7 }')).toContain('takes a path');
    expect(message('{ $secret: "a b" }')).toContain('not the name of a secret');
    expect(message('{ $function: x }')).toContain('no function');
    for (const fine of [
      '{ $input: name }',
      '{ $input: "" }',
      '{ $input: nme, $default: 1 }',
      '{ $input: disks.0.size }',
      '{ $output: network.stdout }',
    ])
      expect(parseWorkflow(file(fine), { format: 'yaml' }).name).toBe('w');
  });

  it('may name parts that an open schema does not list', () => {
    const file = (input: string) =>
      `input: ${input}\n${withTask('nu: { code: "1", input: { $input: other } }')}`;
    for (const open of [
      '{ type: object }',
      '{}',
      '{ type: object, properties: { a: {} }, additionalProperties: true }',
    ])
      expect(parseWorkflow(file(open), { format: 'yaml' }).name).toBe('w');
  });
});

describe('a workflow read from a file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nuflow-file-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('has line and column in what is found wrong when a run starts', async () => {
    const path = join(dir, 'w.yaml');
    writeFileSync(
      path,
      `${TASKS}  - { id: a, runner: dcoker, with: {} }\n  - { id: b, pool: clud, shell: { command: ls } }
  - id: c
    shell: { command: -ls }
  - id: d
    nu: { code: "1", inptu: 2 }
    probe: { script: x.nu }
`,
    );
    const workflow = await workflowFromFile(path);
    await using orchestrator = await Orchestrator.open({
      dataDir: join(dir, 'data'),
      pools: { cloud: { concurrency: 1 } },
      runners: {
        docker: {
          start: () => {
            throw new Error('not started');
          },
          check: () => undefined,
        } as never,
      },
    });
    const error = await orchestrator.start(workflow).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFileError);
    expect((error as WorkflowFileError).message.split('\n')).toEqual([
      expect.stringMatching(/w\.yaml:3:22: .*runner "dcoker".*did you mean "docker"/),
      expect.stringMatching(
        /w\.yaml:4:20: task "b", pool: there is no pool "clud".*did you mean "cloud"/,
      ),
      expect.stringMatching(/w\.yaml:6:23: task "c", shell\.command: must not start with a dash/),
      expect.stringMatching(
        /w\.yaml:8:22: task "d", nu: unknown key "inptu"; did you mean "input"\?$/,
      ),
    ]);
  });

  it('rejects with what keeps it from being read', async () => {
    await expect(workflowFromFile(join(dir, 'nowhere.yaml'))).rejects.toThrow(/ENOENT/);
  });

  it('takes a batch of dependent servers as people write it', async () => {
    const path = join(dir, 'w.yaml');
    writeFileSync(
      path,
      withTask('shell: { command: ls }', 'timeout: 1m', 'retry: { maximumAttempts: 3 }'),
    );
    expect((await workflowFromFile(path)).spec).toEqual(
      parseWorkflow(readFileSync(path), { format: 'yaml' }).spec,
    );
  });
});
