import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type Workflow } from '../../src/index.js';
import { EngineRig, eventOf } from '../support/engine-rig.js';

const TOKEN = 't0p-s3cret-token';
const input = { name: 'wuji', token: TOKEN };
const hidden = { name: 'wuji', token: { $secret: 'input.token' } };

/** Two tasks, one after the other, that see the input. */
const workflow = defineWorkflow('w', {
  secretInputs: ['token'],
  tasks: (t) => {
    const given = { runner: 'test', with: { all: { $input: '' }, token: { $input: 'token' } } };
    const a = t.task('a', given);
    return { a, b: t.task('b', { ...given, needs: [a] }) };
  },
}) as unknown as Workflow;

function journalOf(rig: EngineRig, id = 'r'): string {
  return readFileSync(rig.journalPath(id), 'utf8');
}

describe('a secret input', () => {
  it('is seen by tasks, and by nobody else', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(workflow, { input });
    const attempt = await rig.runner.started('a');
    expect(attempt.given.with).toEqual({ all: input, token: TOKEN });
    attempt.succeed({ was: TOKEN });
    (await rig.runner.started('b')).fail('E', `no ${TOKEN}`);
    const { outputs, failures } = await run.result;
    expect(outputs).toEqual({ a: { was: '[secret input.token]' } });
    expect(failures[0]?.error.message).toBe('no [secret input.token]');
    expect(run.snapshot().input).toEqual(hidden);
    expect((await rig.records())[0]).toMatchObject({ input: hidden });
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('is seen by functions, which can’t be told from others', async () => {
    const seen: unknown[] = [];
    const functions = defineWorkflow('f', {
      input: z.object({ name: z.string(), token: z.string().meta({ secret: true }) }),
      tasks: (t) => ({ a: t.fn('a', { run: (context) => seen.push(context.input) && null }) }),
    });
    const rig = await EngineRig.open();
    await (await rig.start(functions as unknown as Workflow, { input })).result;
    expect(seen).toEqual([input]);
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it.each([
    ['from the orchestrator, asked by name', { 'input.token': TOKEN }, {}],
    ['given to resume', {}, { secrets: { 'input.token': TOKEN } }],
    ['given to resume, which wins', { 'input.token': 'another token' }, { secrets: () => TOKEN }],
  ])('has to come again on resume: %s', async (_what, secrets, options) => {
    const rig = await EngineRig.open();
    await rig.start(workflow, { input });
    (await rig.runner.started('a')).succeed(1);
    await rig.runner.started('b');
    await rig.restart();
    const before = journalOf(rig);
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject({
      code: 'NUFLOW_SECRET_MISSING',
      names: ['input.token'],
    });
    expect(journalOf(rig)).toBe(before);
    await rig.restart({ secrets });
    const run = await rig.orchestrator.resume('r', options);
    (await rig.runner.started('b')).interrupted();
    const again = await rig.runner.started('b', 2);
    expect(again.given.with).toEqual({ all: input, token: TOKEN });
    again.succeed(TOKEN);
    expect((await run.result).outputs).toEqual({ a: 1, b: '[secret input.token]' });
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('is not compared when the same id is started again; the new value serves where the old is gone', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(workflow, { input });
    const other = { ...input, token: 'another token' };
    expect(await rig.start(workflow, { input: other })).toBe(run);
    expect((await rig.runner.started('a')).given.with).toEqual({ all: input, token: TOKEN });
    await expect(rig.start(workflow, { input: { ...input, name: 'x' } })).rejects.toMatchObject({
      code: 'NUFLOW_RUN_CONFLICT',
    });
    await rig.restart();
    await rig.start(workflow, { input: other });
    (await rig.runner.started('a')).interrupted();
    expect((await rig.runner.started('a', 2)).given.with).toEqual({
      all: other,
      token: 'another token',
    });
  });

  it('keeps a run from starting when it can’t be hidden', async () => {
    const rig = await EngineRig.open({ secrets: { OTHER: 'some other secret' } });
    const start = (given: unknown) => rig.start(workflow, { input: given });
    const refusals = [
      [{ ...input, url: `https://x?token=${TOKEN}` }, /\$\.url: holds the value of a secret/],
      [{ ...input, list: [{ [TOKEN]: 1 }] }, /\$\.list\.0 \(in a key\): holds the value/],
      [{ ...input, [TOKEN]: { [TOKEN]: TOKEN } }, /\$\.\[secret input\.token\] \(in a key\)/],
      [{ token: 123456 }, /token: is to be secret, so it must be text/],
      [{ token: 'abc' }, /input\.token.*fewer than 4 characters/],
    ] as const;
    for (const [given, why] of refusals) {
      const error = await start(given).catch((it: Error) => it);
      expect(error).toMatchObject({ message: expect.stringMatching(why) });
      expect(JSON.stringify(error) + String(error)).not.toContain('t0p');
    }
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('keeps a run from starting whose id it is part of', async () => {
    const rig = await EngineRig.open();
    const id = `create-${TOKEN}`;
    const error = await rig.start(workflow, { input, id }).catch((it: Error) => it);
    expect(error).toMatchObject({ code: 'NUFLOW_INVALID_SECRET' });
    expect(JSON.stringify(error) + String(error)).not.toContain('t0p');
    expect(await rig.orchestrator.list()).toEqual([]);
    const short = { name: 'x', token: 'crea' }; // in many an id by accident
    expect((await rig.start(workflow, { input: short, id: 'create-1' })).id).toBe('create-1');
  });

  it('may be a word that our own marks are made of', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(workflow, { input: { name: 'x', token: 'secret' } });
    const attempt = await rig.runner.started('a');
    expect(attempt.given.with).toMatchObject({ token: 'secret' });
    attempt.succeed('is secret');
    expect(await eventOf(run, 'task.succeeded', 'a')).toMatchObject({ output: 'is ***' });
    expect(run.snapshot().input).toEqual({ name: 'x', token: { $secret: 'input.token' } });
  });

  it('is not quoted by what the schema says of it', async () => {
    const schema = z.object({
      token: z.string().refine(() => false, { error: ({ input }) => `bad token ${input}` }),
    });
    const strict = defineWorkflow('w', {
      input: schema,
      secretInputs: ['token'],
      tasks: () => ({}),
    }) as unknown as Workflow;
    const rig = await EngineRig.open();
    await expect(rig.start(strict, { input })).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_INPUT',
      message: expect.stringContaining('token: bad token [secret input.token]'),
    });
    await expect(rig.start(strict, { input: { ...input, at: new Date() } })).rejects.toMatchObject({
      message: expect.stringContaining('token: is not valid'),
    });
  });
});
