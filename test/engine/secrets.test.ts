import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineWorkflow,
  type RunEvent,
  type SecretSource,
  secret,
  type Workflow,
} from '../../src/index.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

const TOKEN = 't0p-s3cret-"quoted"';
const secrets = { TOKEN };
const one = sketch({ a: { with: { auth: ['Bearer', secret('TOKEN')] } } });

/** All that is on disk of the run's journal. */
function journalOf(rig: EngineRig): string {
  return readFileSync(rig.journalPath(), 'utf8');
}

describe('a secret', () => {
  it('stands in the definition as a reference, and its value comes when the task starts', async () => {
    const rig = await EngineRig.open({ secrets });
    const run = await rig.start(one);
    const attempt = await rig.runner.started('a');
    expect(attempt.given.with).toEqual({ auth: ['Bearer', TOKEN] });
    attempt.succeed(null);
    await run.result;
    const [started] = await rig.records();
    expect(started).toMatchObject({
      workflow: { tasks: [{ with: { auth: ['Bearer', { $secret: 'TOKEN' }] } }] },
    });
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('is seen by the functions of a task that lists it, and by no other', async () => {
    const seen: unknown[] = [];
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.fn('a', { secrets: ['TOKEN'], run: ({ secrets }) => seen.push(secrets.TOKEN) && 1 }),
        b: t.task('b', {
          runner: 'test',
          secrets: ['TOKEN'],
          with: { header: (it: { secrets: { TOKEN: string } }) => `Bearer ${it.secrets.TOKEN}` },
        }),
        c: t.fn('c', { run: ({ secrets }) => seen.push({ ...secrets }) && 1 }),
      }),
    });
    const rig = await EngineRig.open({ secrets, concurrency: 1 });
    const run = await rig.start(workflow as unknown as Workflow);
    const attempt = await rig.runner.started('b');
    expect(attempt.given.with).toEqual({ header: `Bearer ${TOKEN}` });
    attempt.succeed(null);
    expect((await run.result).status).toBe('succeeded');
    expect(seen).toEqual(expect.arrayContaining([TOKEN, {}]));
  });

  it('is taken out of outputs, and what comes after sees what is on record, live and resumed', async () => {
    const rig = await EngineRig.open({ secrets });
    const show = { with: { got: { $output: 'a' } } };
    const workflow = sketch({
      a: { with: { auth: secret('TOKEN') } },
      b: { needs: ['a'], ...show },
      c: { needs: ['a', 'b'], ...show },
    });
    await rig.start(workflow);
    (await rig.runner.started('a')).succeed({ [TOKEN]: `is ${TOKEN}`, n: 1 });
    const clean = { '[secret TOKEN]': 'is [secret TOKEN]', n: 1 };
    const before = await rig.runner.started('b');
    expect(before.given.with).toEqual({ got: clean });
    before.succeed(null);
    await rig.runner.started('c');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('c')).interrupted();
    expect((await rig.runner.started('c', 2)).given.with).toEqual({ got: clean });
    expect(run.snapshot().tasks[0]).toMatchObject({ output: clean });
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('is taken out of errors, also where their lines were broken, and of messages', async () => {
    const rig = await EngineRig.open({ secrets });
    const run = await rig.start(
      sketch({
        a: { with: { auth: secret('TOKEN') }, retry: { maximumAttempts: 2 } },
        b: { with: { auth: secret('TOKEN') } },
      }),
    );
    const inner = { code: 'E', message: TOKEN, rendered: `x\n │ t0p-\n │ s3cret-"quoted"\n` };
    const error = { code: `E ${TOKEN}`, message: `no ${TOKEN}`, rendered: TOKEN, inner: [inner] };
    (await rig.runner.started('a')).end({ status: 'failed', error });
    const { error: recorded } = await eventOf(run, 'task.retryScheduled', 'a');
    expect(recorded).toEqual({
      code: 'E [secret TOKEN]',
      message: 'no [secret TOKEN]',
      rendered: '[secret TOKEN]',
      inner: [
        {
          code: 'E',
          message: '[secret TOKEN]',
          rendered: 'x\n │ [secret TOKEN]\n',
        },
      ],
    });
    (await rig.runner.started('b')).end({ status: 'failed', error });
    expect((await eventOf(run, 'task.failed', 'b')).error).toEqual(recorded);
    await run.cancel(`because of ${TOKEN}`);
    expect(await eventOf(run, 'run.cancelRequested')).toMatchObject({
      message: 'because of [secret TOKEN]',
    });
    expect(JSON.stringify([run.snapshot(), await run.result])).not.toContain('t0p');
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('may be a word that records are made of', async () => {
    const rig = await EngineRig.open({ secrets: { TOKEN: 'message', OTHER: 'rendered' } });
    const run = await rig.start(
      sketch({ a: { with: { auth: [secret('TOKEN'), secret('OTHER')] } } }),
    );
    const error = { code: 'E', message: 'a message', rendered: 'was rendered', exitCode: 1 };
    (await rig.runner.started('a')).end({ status: 'failed', error });
    const clean = {
      code: 'E',
      message: 'a [secret TOKEN]',
      rendered: 'was [secret OTHER]',
      exitCode: 1,
    };
    expect((await run.result).failures).toEqual([{ task: 'a', error: clean }]);
    expect((await rig.folded()).phase.status).toBe('failed');
  });

  it('is taken out of what the output schema says of it', async () => {
    const rig = await EngineRig.open({ secrets });
    const output = z.string().refine(() => false, { error: ({ input }) => `not ${input}` });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.task('a', { runner: 'test', output, with: { auth: secret('TOKEN') } }),
      }),
    });
    const run = await rig.start(workflow as unknown as Workflow);
    (await rig.runner.started('a')).succeed(TOKEN);
    expect((await run.result).failures).toMatchObject([
      { error: { code: 'NUFLOW_OUTPUT_INVALID', message: expect.stringContaining('not [secret') } },
    ]);
    expect(journalOf(rig)).not.toContain('t0p');
  });

  it('is taken out of live output, also in two pieces, and of failures of listeners', async () => {
    const rig = await EngineRig.open({ secrets });
    const run = await rig.start(one);
    const events: RunEvent[] = [];
    run.on('*', (event) => events.push(event));
    run.on('task.output', () => {
      throw new Error(`bad listener ${TOKEN}`);
    });
    const attempt = await rig.runner.started('a');
    for (const text of ['before t0p-s3', 'cret-"quo', 'ted" after', ' t0p-'])
      attempt.given.output({ stream: 'stdout', text });
    attempt.given.output({ stream: 'stderr', text: 's3cret-"quoted"' });
    attempt.succeed(null);
    await run.result;
    const outputs = events.filter((event) => event.type === 'task.output');
    const printed = (stream: string): string =>
      outputs.flatMap((it) => (it.stream === stream ? [it.text] : [])).join('');
    expect(printed('stdout')).toBe('before [secret TOKEN] after t0p-');
    expect(printed('stderr')).toBe('s3cret-"quoted"');
    expect(events.find((event) => event.type === 'listener.failed')).toMatchObject({
      error: expect.stringContaining('bad listener [secret TOKEN]'),
    });
    expect(JSON.stringify(events)).not.toContain(JSON.stringify(TOKEN).slice(1, -1));
  });

  it('is asked for at each attempt, and its older values stay redacted', async () => {
    let version = 0;
    const rig = await EngineRig.open({ secrets: async (name) => `${name}-version-${version}` });
    const workflow = sketch({
      a: { with: { auth: secret('A') }, retry: { maximumAttempts: 2, initialInterval: 0 } },
    });
    const run = await rig.start(workflow);
    version = 1;
    (await rig.runner.started('a')).fail();
    const second = await rig.runner.started('a', 2);
    expect(second.given.with).toEqual({ auth: 'A-version-1' });
    second.succeed(['A-version-0', 'A-version-1', 'A-version-2']);
    expect((await run.result).outputs).toEqual({
      a: ['[secret A]', '[secret A]', 'A-version-2'],
    });
  });
});

describe('a secret that is not there', () => {
  const missing = { code: 'NUFLOW_SECRET_MISSING', names: ['TOKEN'] };

  it.each<[string, SecretSource | undefined]>([
    ['no source', undefined],
    ['a record without it', { OTHER: 'value' }],
    ['a record that only inherits it', Object.create({ TOKEN })],
    ['a function that knows nothing', () => undefined],
    ['a function that fails', () => Promise.reject(new Error('the vault is closed'))],
  ])('keeps a run from starting: %s', async (_what, source) => {
    const rig = await EngineRig.open({ secrets: source });
    await expect(rig.start(one)).rejects.toMatchObject(missing);
    expect(await rig.orchestrator.list()).toEqual([]);
    await expect(rig.orchestrator.inspect('r')).rejects.toMatchObject({
      code: 'NUFLOW_RUN_NOT_FOUND',
    });
  });

  it('keeps a run from being resumed, which stays as it was', async () => {
    const rig = await EngineRig.open({ secrets });
    await rig.start(one);
    await rig.runner.started('a');
    await rig.restart({ secrets: {} });
    const before = journalOf(rig);
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(missing);
    expect((await rig.orchestrator.resumeAll()).refused).toMatchObject([
      { id: 'r', error: missing },
    ]);
    expect(journalOf(rig)).toBe(before);
    const run = await rig.orchestrator.resume('r', { secrets });
    (await rig.runner.started('a')).succeed(TOKEN);
    expect(await run.result).toMatchObject({ outputs: { a: '[secret TOKEN]' } });
  });

  it('is not needed to look at a finished run, to attach to it, or to cancel one', async () => {
    const rig = await EngineRig.open({ secrets });
    const run = await rig.start(one);
    (await rig.runner.started('a')).succeed(1);
    await run.result;
    await rig.start(one, { id: 'other' });
    await rig.runner.started('a');
    await rig.restart({ secrets: {} });
    expect((await rig.orchestrator.resume('r')).snapshot().status).toBe('succeeded');
    expect((await (await rig.start(one)).result).outputs).toEqual({ a: 1 });
    const cancelled = rig.orchestrator.cancel('other');
    (await rig.runner.started('a')).interrupted();
    await cancelled;
    expect((await rig.orchestrator.inspect('other')).status).toBe('cancelled');
  });

  it('fails the attempt when it is gone by then; a stop does not wait for it', async () => {
    let ask: () => Promise<string | undefined> = async () => TOKEN;
    const rig = await EngineRig.open({ secrets: () => ask() });
    const workflow = sketch({ a: {}, b: { needs: ['a'], with: { auth: secret('TOKEN') } } });
    const run = await rig.start(workflow);
    ask = async () => undefined;
    (await rig.runner.started('a')).succeed(1);
    expect((await run.result).failures).toMatchObject([
      { task: 'b', error: { code: 'NUFLOW_SECRET_MISSING' } },
    ]);
    ask = async () => TOKEN;
    const other = await rig.start(workflow, { id: 'other' });
    ask = () => new Promise(() => {});
    (await rig.runner.started('a', 2)).succeed(1);
    await eventOf(other, 'task.started', 'b');
    await other.cancel();
    expect(other.snapshot().tasks[1]).toMatchObject({ status: 'cancelled' });
  });

  it.each([
    ['abc', 'fewer than 4 characters'],
    ['x'.repeat(32_769), 'more than 32768 bytes'],
    ['  ab  ', 'fewer than 4 characters'],
    ['\ud800 half', 'a lone surrogate'],
    [12345 as unknown as string, 'is not text'],
  ])('is refused when it could not be kept: %j', async (value, why) => {
    const rig = await EngineRig.open({ secrets: { TOKEN: value } });
    const refusal = expect.objectContaining({
      code: 'NUFLOW_INVALID_SECRET',
      message: expect.stringContaining(why),
    });
    await expect(rig.start(one)).rejects.toEqual(refusal);
  });
});

describe('a reference to a secret', () => {
  it.each(['', '-x', 'a b', 'input.token', 'ü', 'x'.repeat(201)])('can’t name %j', (name) => {
    expect(() => secret(name)).toThrow('is not the name of a secret');
  });

  it.each(['TOKEN', 'prod/db:password@v2', '0', 'a.b-c_d'])('can name %j', (name) => {
    expect(secret(name)).toEqual({ $secret: name });
  });

  it('is refused in arguments, which everybody on the machine could read', async () => {
    const rig = await EngineRig.open({ secrets });
    const args = [secret('TOKEN')];
    const shell = defineWorkflow('w', {
      tasks: (t) => ({ a: t.shell('a', { command: 'echo', args }) }),
    });
    const script = defineWorkflow('w', {
      tasks: (t) => ({ a: t.nu('a', { script: 'x.nu', args }) }),
    });
    for (const workflow of [shell, script]) {
      await expect(rig.start(workflow as unknown as Workflow)).rejects.toMatchObject({
        message: expect.stringContaining('tasks.a.args: is given a secret'),
      });
    }
  });

  it('is not made of data that merely looks like one', async () => {
    const rig = await EngineRig.open({ secrets: { ...secrets, OTHER: 'other secret' } });
    const workflow = sketch({
      a: { with: { auth: secret('TOKEN'), got: { $input: 'x' } } },
    });
    await rig.start(workflow, { input: { x: { $secret: 'OTHER' } } });
    expect((await rig.runner.started('a')).given.with).toMatchObject({
      got: { $secret: 'OTHER' },
    });
  });
});
