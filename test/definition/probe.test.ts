import { describe, expect, it } from 'vitest';
import { compareTasks } from '../../src/definition/compare.js';
import {
  defineWorkflow,
  type Workflow,
  workflowFromData,
  workflowJsonSchema,
} from '../../src/index.js';
import { EngineRig } from '../support/engine-rig.js';

type Build = Parameters<typeof defineWorkflow>[1]['tasks'];

const specOf = (tasks: Build) => defineWorkflow('w', { tasks }).spec.tasks.at(-1);

describe('a probe in a definition', () => {
  it('is data for the runner of its task, without what is not the runner’s', () => {
    const nu = specOf((t) => {
      const probe = { use: 'servers.nu', call: 'find-server', args: [{ $input: 'name' }] };
      t.nu('server', { use: 'servers.nu', call: 'create-server', timeout: '1m', probe });
      return {};
    });
    expect(nu).toEqual({
      id: 'server',
      runner: 'nu',
      needs: [],
      with: { use: 'servers.nu', call: 'create-server' },
      timeoutMs: 60_000,
      probe: { with: { use: 'servers.nu', call: 'find-server', args: [{ $input: 'name' }] } },
    });
    const shell = specOf((t) => {
      t.shell('vm', { command: 'run', probe: { command: 'ps', args: ['-q'] } });
      return {};
    });
    expect(shell).toMatchObject({ probe: { with: { command: 'ps', args: ['-q'] } } });
  });

  it('keeps its functions apart from the task’s, and counts them in its hash', () => {
    const workflow = (by: string): Workflow<never, unknown> =>
      defineWorkflow('w', {
        tasks: (t) => {
          const args = by === 'a' ? () => ['a'] : () => ['b'];
          t.nu('server', { code: '1', probe: { use: 'm.nu', call: 'find', args } });
          return {};
        },
      });
    const [task] = workflow('a').spec.tasks;
    expect(task).toMatchObject({
      with: { code: '1' },
      probe: { with: { args: { $function: 'args' } } },
      functions: expect.any(String),
    });
    expect(workflow('a').portable).toBe(false);
    expect(workflow('a').spec).toEqual(workflow('a').spec);
    expect(task?.functions).not.toBe(workflow('b').spec.tasks[0]?.functions);
    const code = workflow('a').code.tasks.get('server');
    expect([code?.fields, [...(code?.probe?.fields?.keys() ?? [])]]).toEqual([undefined, ['args']]);
  });

  it('is part of what makes a definition the same', () => {
    const withProbe = (command: string) =>
      workflowFromData({
        name: 'w',
        tasks: [{ id: 'vm', shell: { command: 'run' }, probe: { command } }],
      }).spec;
    expect(compareTasks(withProbe('ps'), withProbe('ps'))).toEqual([]);
    expect(compareTasks(withProbe('ps'), withProbe('ls'))).toEqual([
      { task: 'vm', change: 'changed' },
    ]);
  });

  it('is a function for a task that is one', () => {
    const workflow = (answer: number): Workflow<never, unknown> =>
      defineWorkflow('w', {
        tasks: (t) => {
          t.fn('n', { run: () => 1, probe: answer === 1 ? () => 1 : () => 2 });
          return {};
        },
      });
    expect(workflow(1).spec.tasks).toMatchObject([{ probe: { with: {} } }]);
    expect(workflow(1).spec.tasks[0]?.functions).not.toBe(workflow(2).spec.tasks[0]?.functions);
  });

  it('is settings in a workflow file, and in its JSON Schema', () => {
    const { spec } = workflowFromData({
      name: 'w',
      tasks: [{ id: 'vm', shell: { command: 'run' }, probe: { command: 'ps' } }],
    });
    expect(spec.tasks[0]?.probe).toEqual({ with: { command: 'ps' } });
    expect(JSON.stringify(workflowJsonSchema())).toContain('"probe":{');
    expect(() => workflowFromData({ name: 'w', tasks: [{ id: 'a', probe: 'ps' }] })).toThrow(
      'tasks.a.probe',
    );
  });
});

describe('a run is refused whose probe', () => {
  const nu = { code: '1' };
  it.each([
    [
      'refers to what its task does not need',
      { nu, probe: { code: '1', input: { $output: 'x' } } },
    ],
    ['names a function that is not there', { nu, probe: { code: '1', input: { $function: 'f' } } }],
    ['is a script, which gives no output', { nu, probe: { script: 'x.nu' } }],
    ['is nothing its runner knows', { nu, probe: {} }],
    ['has a setting its runner does not know', { shell: { command: 'a' }, probe: { code: '1' } }],
  ])('%s', async (_what, task) => {
    const rig = await EngineRig.open();
    const workflow = workflowFromData({ name: 'w', tasks: [{ id: 'a', ...task }] });
    await expect(rig.start(workflow as Workflow<never>)).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_DEFINITION',
      details: { path: expect.stringMatching(/^tasks\.a\.probe/) },
    });
    expect(await rig.orchestrator.list()).toEqual([]);
  });
});
