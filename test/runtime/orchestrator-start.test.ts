import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type Workflow, workflowFromData } from '../../src/index.js';
import { EngineRig, sketch } from '../support/engine-rig.js';

describe('starting a run', () => {
  it('runs tasks in the order of their needs, to the end', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] }, c: { needs: ['a', 'b'] } }));
    for (const task of ['a', 'b', 'c']) {
      const attempt = await rig.runner.started(task);
      expect(rig.runner.running).toEqual([attempt]);
      attempt.succeed(`done ${task}`);
    }
    expect(await run.result).toEqual({
      status: 'succeeded',
      outputs: { a: 'done a', b: 'done b', c: 'done c' },
      failures: [],
    });
    expect(await rig.story()).toEqual([
      'started',
      'started a 1',
      'succeeded a',
      'started b 1',
      'succeeded b',
      'started c 1',
      'succeeded c',
      'finished succeeded',
    ]);
  });

  it('ends a run without tasks at once', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({}));
    expect(await run.result).toEqual({ status: 'succeeded', outputs: {}, failures: [] });
  });

  it('makes up an id that begins with the time, when none is given', async () => {
    const rig = await EngineRig.open();
    const run = await rig.orchestrator.start(sketch({}));
    expect(run.id).toMatch(/^20260102-030405-[0-9a-f]{12}$/);
    expect((await rig.orchestrator.inspect(run.id)).status).toBe('succeeded');
  });

  it('never takes one run for another that chance gave the same id', async () => {
    const rig = await EngineRig.open();
    rig.hex = '0a';
    const run = await rig.orchestrator.start(sketch({ a: {} }));
    const before = readFileSync(rig.journalPath(run.id), 'utf8');
    for (const workflow of [sketch({ a: {} }), sketch({ b: {} })])
      await expect(rig.orchestrator.start(workflow)).rejects.toThrow('the journal exists');
    expect(readFileSync(rig.journalPath(run.id), 'utf8')).toBe(before);
    (await rig.runner.started('a')).succeed(1);
    expect((await run.result).outputs).toEqual({ a: 1 });
  });
});

describe('a workflow', () => {
  it('starts many runs by one plan, and so its graph can not be changed', async () => {
    const workflow = defineWorkflow('twice', {
      tasks: (t) => {
        const a = t.fn('a', { run: () => 1 });
        return { b: t.fn('b', { needs: [a], run: () => 2 }) };
      },
    });
    const [first, second] = workflow.spec.tasks as unknown as { needs: string[] }[];
    expect(() => second?.needs.push('c')).toThrow(TypeError);
    expect(() => Object.assign(first as object, { id: 'c' })).toThrow(TypeError);
    expect(() => (workflow.spec.tasks as object[]).pop()).toThrow(TypeError);
    const rig = await EngineRig.open();
    for (const id of ['one', 'two']) {
      const run = await rig.start(workflow, { id });
      expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { b: 2 } });
    }
  });
});

/** Ids that mean something to JavaScript, paths or other systems. */
const ODD_IDS = [
  '__proto__',
  'constructor',
  '10',
  'NFCORE:RNASEQ (wt 1)',
  'a.b',
  '..',
  'toString',
  '-x',
  ' ',
  '🜁',
  '"; exit',
  'x'.repeat(200),
];

describe('odd ids', () => {
  it('run to their end, each with its own output, by the builder and by data', async () => {
    const rig = await EngineRig.open();
    const built = defineWorkflow('odd', {
      tasks: (t) => {
        const refs = ODD_IDS.map((id) => t.fn(id, { run: ({ key }) => [id, key.length] }));
        t.fn('sum', { needs: refs, run: () => 'sum' });
        const byName = new Map(refs.map((ref) => [ref.id, ref]));
        t.fn('named', {
          needs: Object.fromEntries(byName),
          run: ({ needs }) => Object.keys(needs).sort(),
        });
        return Object.fromEntries(byName);
      },
    });
    const run = await rig.orchestrator.start(built, { id: 'built' });
    const { status, outputs } = await run.result;
    expect(status).toBe('succeeded');
    for (const id of ODD_IDS)
      expect(Object.getOwnPropertyDescriptor(outputs, id)?.value).toEqual([id, 32]);
    const named = run.snapshot().tasks.find(({ id }) => id === 'named');
    expect(named?.output).toEqual([...ODD_IDS].sort());
  });

  it('are found by references and named as outputs, in plain data', async () => {
    const rig = await EngineRig.open();
    const data = {
      name: 'odd',
      outputs: JSON.parse(JSON.stringify(Object.fromEntries(ODD_IDS.map((id) => [id, id])))),
      tasks: [
        ...ODD_IDS.map((id) => ({ id, runner: 'test', with: { id } })),
        {
          id: 'last',
          runner: 'test',
          needs: ODD_IDS,
          with: {
            all: ODD_IDS.map((id) => ({ $output: [id, 'id'] })),
            dotted: { $output: 'a.b.id' },
          },
        },
      ],
    };
    rig.runner.onStart = (attempt) => attempt.succeed({ id: attempt.task });
    const run = await rig.start(workflowFromData(data));
    const { outputs } = await run.result;
    expect(Object.keys(outputs).sort()).toEqual([...ODD_IDS].sort());
    for (const id of ODD_IDS)
      expect(Object.getOwnPropertyDescriptor(outputs, id)?.value).toEqual({ id });
    expect(rig.runner.of('last')[0]?.given.with).toEqual({ all: ODD_IDS, dotted: 'a.b' });
  });
});

describe('a definition that can not be run', () => {
  const task = { runner: 'test' };
  const refused: readonly [
    what: string,
    workflow: () => Workflow<never>,
    error: string,
    code: string,
    message: RegExp,
  ][] = [
    [
      'an id used twice',
      () =>
        workflowFromData({
          name: 'w',
          tasks: [
            { id: 'a', ...task },
            { id: 'a', ...task },
          ],
        }),
      'DuplicateTaskError',
      'NUFLOW_DUPLICATE_TASK',
      /"a" is used twice/,
    ],
    [
      'a need that is no task',
      () => sketch({ a: { needs: ['nobody'] } }),
      'UnknownDependencyError',
      'NUFLOW_UNKNOWN_DEPENDENCY',
      /"a" needs "nobody"/,
    ],
    [
      'a circle',
      () =>
        sketch({
          z: { needs: ['c'] },
          a: { needs: ['c'] },
          b: { needs: ['a'] },
          c: { needs: ['b'] },
        }),
      'CycleError',
      'NUFLOW_CYCLE',
      /Dependency cycle of 3 tasks: ("a" → "b" → "c" → "a"|"b" → "c" → "a" → "b"|"c" → "a" → "b" → "c"|"a" → "c" → "b" → "a"|"c" → "b" → "a" → "c"|"b" → "a" → "c" → "b");/,
    ],
    [
      'a runner nobody has',
      () => workflowFromData({ name: 'w', tasks: [{ id: 'a', runner: 'docker' }] }),
      'UnknownRunnerError',
      'NUFLOW_UNKNOWN_RUNNER',
      /"docker", but this orchestrator has "nu", "shell", "fn", "test"/,
    ],
    [
      'an empty id',
      () => sketch({ '': {} }),
      'InvalidTaskIdError',
      'NUFLOW_INVALID_TASK_ID',
      /is empty/,
    ],
    [
      'an id over 200 characters',
      () => sketch({ ['x'.repeat(201)]: {} }),
      'InvalidTaskIdError',
      'NUFLOW_INVALID_TASK_ID',
      /longer than 200/,
    ],
    [
      'a control character in an id',
      () => sketch({ 'a\u0007b': {} }),
      'InvalidTaskIdError',
      'NUFLOW_INVALID_TASK_ID',
      /"a\\u0007b" has a control character/,
    ],
    [
      'a lone surrogate in an id',
      () => sketch({ 'a\ud83d': {} }),
      'InvalidTaskIdError',
      'NUFLOW_INVALID_TASK_ID',
      /a lone surrogate/,
    ],
    [
      'a pool nobody has',
      () => sketch({ a: { pool: 'cloud' } }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /no pool "cloud"/,
    ],
    [
      'settings its runner refuses',
      () => sketch({ a: { with: { refuse: 1 } } }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /^tasks\.a\.refuse: /,
    ],
    [
      'a reference to a task that is not needed',
      () => sketch({ a: {}, b: { with: { x: { $output: 'a.id' } } } }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /^tasks\.b\.x: refers to the output of "a"/,
    ],
    [
      'an output of a task that is not there',
      () =>
        workflowFromData({ name: 'w', outputs: { server: 'b' }, tasks: [{ id: 'a', ...task }] }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /^outputs\.server: names "b"/,
    ],
    [
      'a function task in data',
      () => workflowFromData({ name: 'w', tasks: [{ id: 'a', runner: 'fn' }] }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /^tasks\.a: is a function task without its function/,
    ],
    [
      'a computed setting in data',
      () =>
        workflowFromData({
          name: 'w',
          tasks: [{ id: 'a', ...task, with: { x: { $function: 'x' } } }],
        }),
      'InvalidDefinitionError',
      'NUFLOW_INVALID_DEFINITION',
      /^tasks\.a\.x: has a \$function/,
    ],
  ];

  it.each(refused)(
    'is refused for %s, before anything starts',
    async (_what, workflow, error, code, message) => {
      const rig = await EngineRig.open();
      const refusal = await rig.start(workflow()).catch((reason: Error) => reason);
      expect(refusal).toMatchObject({ name: error, code, message: expect.stringMatching(message) });
      expect(rig.runner.attempts).toEqual([]);
      expect(await rig.orchestrator.list()).toEqual([]);
      await expect(rig.orchestrator.inspect('r')).rejects.toThrow(/no run "r"/);
    },
  );

  it('leaves the id free', async () => {
    const rig = await EngineRig.open();
    await expect(rig.start(sketch({ a: { needs: ['nobody'] } }))).rejects.toThrow();
    const run = await rig.start(sketch({}));
    expect((await run.result).status).toBe('succeeded');
  });

  it('names one real cycle in order, also as data', async () => {
    const rig = await EngineRig.open();
    const refusal = await rig.start(sketch({ a: { needs: ['a'] } })).catch((reason) => reason);
    expect(refusal).toMatchObject({ cycle: ['a', 'a'], details: { cycle: ['a', 'a'] } });
  });
});

describe('the input of a run', () => {
  it.each<[what: string, input: unknown, path: string]>([
    ['undefined inside', { a: undefined }, '$.a'],
    ['NaN', [Number.NaN], '$[0]'],
    ['a BigInt', { n: 1n }, '$.n'],
    ['a Map', { m: new Map() }, '$.m'],
    ['a Date', { at: [new Date(0)] }, '$.at[0]'],
    ['a lone surrogate', '\ud800', '$'],
  ])('is refused when it has %s, with the path', async (_what, input, path) => {
    const rig = await EngineRig.open();
    await expect(rig.start(sketch({ a: {} }), { input })).rejects.toMatchObject({
      name: 'NotJsonError',
      code: 'NUFLOW_NOT_JSON',
      path,
    });
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('is null when none is given', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({}));
    expect(run.snapshot().input).toBeNull();
  });

  it('is what the schema makes of it, and refused with every issue otherwise', async () => {
    const rig = await EngineRig.open();
    const input = z.object({ name: z.string(), size: z.number().default(1) });
    const workflow = defineWorkflow('w', {
      input,
      tasks: (t) => ({ a: t.fn('a', { run: ({ input: given }) => given }) }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r', input: { name: 'wuji' } });
    expect((await run.result).outputs).toEqual({ a: { name: 'wuji', size: 1 } });
    const wrong = { name: 1, size: 'x' } as unknown as { name: string };
    await expect(rig.orchestrator.start(workflow, { input: wrong })).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_INPUT',
      details: { workflow: 'w', issues: [{ path: 'name' }, { path: 'size' }] },
    });
  });
});
