import { describe, expect, it } from 'vitest';
import { defineWorkflow, workflowFromData, workflowJsonSchema } from '../../src/index.js';

const task = { id: 'a', shell: { command: 'ls' } };

function refusal(data: unknown): { code: string; path: unknown; message: string } {
  try {
    workflowFromData(data);
  } catch (error) {
    const { code, details, message } = error as {
      code: string;
      details: { path: unknown };
      message: string;
    };
    return { code, path: details.path, message };
  }
  throw new Error('it was taken');
}

/** Every option of a task that is plain data. */
const OPTIONS = {
  trigger: 'all_done',
  retry: {
    maximumAttempts: 3,
    initialInterval: '2s',
    nonRetryableErrors: ['E'],
    jitter: 0.1,
    backoffCoefficient: 3,
    maximumInterval: 60_000,
  },
  timeout: '10m',
  priority: 2,
  onInterrupted: 'hold',
  pool: 'cloud',
} as const;

describe('a workflow as plain data', () => {
  it('is the same as one that was built, when that holds no functions', () => {
    const fromData = workflowFromData({
      name: 'server.create',
      version: '2',
      onFailure: 'finish',
      timeout: '1h',
      outputs: { server: 'server' },
      tasks: [
        {
          id: 'network',
          nu: { use: 'network.nu', call: 'create', args: [{ $input: 'infra' }] },
          output: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        },
        {
          id: 'server',
          needs: ['network'],
          shell: { command: 'create', args: ['--net', { $output: 'network.id' }], env: { X: '1' } },
          ...OPTIONS,
        },
        { id: 'own', runner: 'docker', with: { image: 'x' } },
        { id: 'bare', runner: 'docker' },
      ],
    });
    const built = defineWorkflow('server.create', {
      version: '2',
      onFailure: 'finish',
      timeout: '1h',
      tasks: (t) => {
        const network = t.nu('network', {
          use: 'network.nu',
          call: 'create',
          args: [{ $input: 'infra' }],
        });
        const server = t.shell('server', {
          needs: [network],
          command: 'create',
          args: ['--net', { $output: 'network.id' }],
          env: { X: '1' },
          ...OPTIONS,
        });
        t.task('own', { runner: 'docker', with: { image: 'x' } });
        t.task('bare', { runner: 'docker' });
        return { server };
      },
    });
    const [network, ...others] = fromData.spec.tasks;
    const { output, ...rest } = network ?? {};
    expect(output).toEqual({
      type: 'object',
      properties: { id: { type: 'string' } },
      required: ['id'],
    });
    expect({ ...fromData.spec, tasks: [rest, ...others] }).toEqual(built.spec);
    expect([fromData.portable, built.portable, fromData.name]).toEqual([
      true,
      true,
      'server.create',
    ]);
  });

  it('is a copy that later changes of the data do not reach', () => {
    const data = { name: 'w', tasks: [{ id: 'a', runner: 'x', with: { list: [1] } }] };
    const workflow = workflowFromData(data);
    data.tasks[0]?.with.list.push(2);
    data.tasks.length = 0;
    expect(workflow.spec.tasks).toMatchObject([{ with: { list: [1] } }]);
  });

  it('takes output names that are special to JavaScript', () => {
    const data = JSON.parse(
      '{"name":"w","outputs":{"__proto__":"a","constructor":"a"},"tasks":[{"id":"a","runner":"x"}]}',
    );
    expect(workflowFromData(data).spec.outputs).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'a'],
    ]);
  });

  it.each<[what: string, data: unknown, path: string, why: RegExp]>([
    ['no object', 7, 'workflow', /expected object/],
    ['no tasks', { name: 'w' }, 'tasks', /array/],
    ['no name', { tasks: [] }, 'name', /string/],
    ['an empty name', { name: '', tasks: [] }, 'name', /1 to 200/],
    ['a long name', { name: 'x'.repeat(201), tasks: [] }, 'name', /1 to 200/],
    ['a key nobody reads', { name: 'w', taks: [], tasks: [] }, 'workflow', /did you mean "tasks"/],
    [
      'a key that is nearly right',
      { name: 'w', tasks: [{ ...task, need: ['b'] }] },
      'tasks.a',
      /unknown key "need"; did you mean "needs"\?/,
    ],
    [
      'a key of another system',
      { name: 'w', tasks: [{ ...task, depends_on: ['b'] }] },
      'tasks.a',
      /did you mean "needs"/,
    ],
    [
      'settings beside their kind',
      { name: 'w', tasks: [{ ...task, args: [] }] },
      'tasks.a',
      /goes below the kind/,
    ],
    ['a task without an id', { name: 'w', tasks: [task, { shell: {} }] }, 'tasks.1.id', /missing/],
    [
      'an input that validates nothing',
      { name: 'w', input: { n: 'int' }, tasks: [] },
      'input',
      /no keyword "n".*write \{ type: object, properties: \{ n: \{ type: integer \} \} \}/,
    ],
    [
      'a property that is no schema',
      { name: 'w', input: { type: 'object', properties: { n: 'int' } }, tasks: [] },
      'input.properties.n',
      /write \{ type: integer \}/,
    ],
    [
      'a keyword with a typing error',
      { name: 'w', tasks: [{ ...task, output: { type: 'object', propertes: {} } }] },
      'tasks.a.output',
      /did you mean "properties"/,
    ],
    [
      'a type of another language',
      { name: 'w', input: { type: ['int', 'null'] }, tasks: [] },
      'input.type.0',
      /did you mean "integer"/,
    ],
    [
      'a key of a task nobody reads',
      { name: 'w', tasks: [{ ...task, retires: 1 }] },
      'tasks.a',
      /unknown key "retires".*known are id, nu/,
    ],
    ['a task without a kind', { name: 'w', tasks: [{ id: 'a' }] }, 'tasks.a', /no kind/],
    [
      'a task of two kinds',
      { name: 'w', tasks: [{ ...task, nu: { code: '1' } }] },
      'tasks.a',
      /nu and shell/,
    ],
    ['settings beside a kind', { name: 'w', tasks: [{ ...task, with: {} }] }, 'tasks.a', /"with"/],
    [
      'settings that are a list',
      { name: 'w', tasks: [{ id: 'a', shell: ['ls'] }] },
      'tasks.a.shell',
      /object/,
    ],
    [
      'a trigger nobody knows',
      { name: 'w', tasks: [{ ...task, trigger: 'sometimes' }] },
      'tasks.a.trigger',
      /all_success/,
    ],
    [
      'an onFailure nobody knows',
      { name: 'w', onFailure: 'panic', tasks: [] },
      'onFailure',
      /terminate/,
    ],
    [
      'a timeout that is no duration',
      { name: 'w', tasks: [{ ...task, timeout: 'soon' }] },
      'tasks.a.timeout',
      /duration/,
    ],
    ['a timeout of the wrong type', { name: 'w', timeout: true, tasks: [] }, 'timeout', /.+/],
    [
      'a retry that can’t be',
      { name: 'w', tasks: [{ ...task, retry: { jitter: 2 } }] },
      'tasks.a.retry.jitter',
      /<=1/,
    ],
    [
      'half an attempt',
      { name: 'w', tasks: [{ ...task, retry: { maximumAttempts: 1.5 } }] },
      'tasks.a.retry.maximumAttempts',
      /int/,
    ],
    [
      'a retry that shrinks',
      { name: 'w', tasks: [{ ...task, retry: { backoffCoefficient: 0.5 } }] },
      'tasks.a.retry.backoffCoefficient',
      />=1/,
    ],
    [
      'a delay that is no duration',
      { name: 'w', tasks: [{ ...task, retry: { initialInterval: '1 month' } }] },
      'tasks.a.retry.initialInterval',
      /duration/,
    ],
    [
      'an output that is no text',
      { name: 'w', outputs: { a: 1 }, tasks: [task] },
      'outputs',
      /task ids/,
    ],
    [
      'an input schema that can’t be used',
      { name: 'w', input: { type: 'text' }, tasks: [] },
      'input.type',
      /JSON Schema/,
    ],
    [
      'an output schema that can’t be used',
      { name: 'w', tasks: [{ ...task, output: { required: ['id'] } }] },
      'tasks.a.output',
      /\$\.required needs "type": "object"/,
    ],
  ])('is refused with the place: %s', (_what, data, path, why) => {
    expect(refusal(data)).toMatchObject({
      code: 'NUFLOW_INVALID_DEFINITION',
      path,
      message: expect.stringMatching(why),
    });
  });

  it('is refused with all that is wrong with it', () => {
    const tasks = [
      { ...task, timeout: 'soon', priority: 'high', neds: [] },
      { id: 'b', retry: { jitter: 2 }, secrets: ['a b'] },
    ];
    const { message } = refusal({ name: 'w', onFailure: 'panic', timeout: '5M', tasks });
    for (const path of ['onFailure', 'timeout', 'tasks.a', 'tasks.a.timeout', 'tasks.a.priority'])
      expect(message).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `, 'm'));
    for (const path of ['tasks.b', 'tasks.b.retry.jitter', 'tasks.b.secrets'])
      expect(message).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `, 'm'));
  });

  it('may have annotations of its own in a schema, and keywords that are only descriptive', () => {
    const input = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Input',
      type: 'object',
      properties: { token: { type: 'string', secret: true, 'x-order': 1, examples: ['a'] } },
    };
    expect(workflowFromData({ name: 'w', input, tasks: [] }).spec.secretInputs).toEqual([
      ['token'],
    ]);
  });

  it('is refused when it is not JSON', () => {
    expect(
      refusal({ name: 'w', tasks: [{ ...task, shell: { command: 'ls', args: [new Date(0)] } }] }),
    ).toMatchObject({
      code: 'NUFLOW_NOT_JSON',
      path: '$.tasks[0].shell.args[0]',
    });
  });

  it('has a JSON Schema for editors, which knows every key', () => {
    const schema = workflowJsonSchema() as {
      properties: {
        tasks: { items: { properties: Record<string, object>; additionalProperties: boolean } };
      } & Record<string, object>;
      required: string[];
    };
    expect(schema.required).toEqual(['name', 'tasks']);
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining([
        '$schema',
        'name',
        'version',
        'onFailure',
        'timeout',
        'input',
        'outputs',
        'tasks',
      ]),
    );
    const { items } = schema.properties.tasks;
    expect(items.additionalProperties).toBe(false);
    expect(items.properties.nu).toMatchObject({ type: 'object' });
    expect(Object.keys(items.properties)).toEqual(
      expect.arrayContaining([
        'id',
        'nu',
        'shell',
        'runner',
        'with',
        'needs',
        'trigger',
        'retry',
        'timeout',
        'priority',
        'onInterrupted',
        'pool',
        'output',
      ]),
    );
    expect(items.properties.trigger).toMatchObject({
      enum: expect.arrayContaining(['all_success', 'always']),
    });
  });
});
