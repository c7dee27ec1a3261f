import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator, workflowFromData } from 'nuflow';
import { inspectRun, readEvents, readOutput } from 'nuflow/inspect';
import { afterAll, describe, expect, it } from 'vitest';
import { NUSHELLS } from '../runners/attempts.js';

const [[, nushell]] = NUSHELLS;
const BIG = 'x'.repeat(256 * 1024);
/** The longest text whose JSON is not too long for the journal. */
const FITTING = 'x'.repeat(256 * 1024 - 2);

describe('an output', () => {
  const root = mkdtempSync(join(tmpdir(), 'nuflow-outputs-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let count = 0;
  const newDir = (): string => join(root, String(count++));
  const open = (dataDir: string, more = {}): Promise<Orchestrator> =>
    Orchestrator.open({ dataDir, nushell: { binary: nushell }, ...more });
  const outputsOf = (dataDir: string): string[] => {
    try {
      return readdirSync(join(dataDir, 'runs', 'r', 'outputs')).sort();
    } catch {
      return [];
    }
  };

  const onlyOutput = (dataDir: string): string => {
    const [name = ''] = outputsOf(dataDir);
    return join(dataDir, 'runs', 'r', 'outputs', name);
  };

  it('of 256 KiB of JSON is in the journal, a bigger one in a file that the journal names', async () => {
    const dataDir = newDir();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        fitting: t.fn('fitting', { run: () => FITTING }),
        big: t.fn('big', { run: () => BIG }),
        escaped: t.fn('escaped', { run: () => '"'.repeat(130 * 1024) }),
        many: t.fn('many', { run: () => Array.from({ length: 20_000 }, () => 1) }),
      }),
    });
    await using orchestrator = await open(dataDir);
    const run = await orchestrator.start(workflow, { id: 'r' });
    const { outputs } = await run.result;
    expect(outputsOf(dataDir)).toEqual([
      expect.stringMatching(/^0002-big\.1-[0-9a-f]{12}\.json$/),
      expect.stringMatching(/^0003-escaped\.1-/),
    ]);
    expect(outputs).toEqual({
      fitting: FITTING,
      big: BIG,
      escaped: '"'.repeat(130 * 1024),
      many: Array.from({ length: 20_000 }, () => 1),
    });
    const journal = join(dataDir, 'runs', 'r', 'journal.ndjson');
    expect(readFileSync(journal, 'utf8')).not.toContain(BIG);
    for await (const record of readEvents(dataDir, 'r'))
      if (record.type === 'task.succeeded' && record.task === 'big')
        expect(record).toMatchObject({
          outputFile: { path: `outputs/${outputsOf(dataDir)[0]}`, bytes: BIG.length + 2 },
        });
  });

  it('that is big is shown by its file, and read when asked for', async () => {
    const dataDir = newDir();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ big: t.fn('big', { run: () => BIG }) }),
    });
    await using orchestrator = await open(dataDir, { workflows: [workflow] });
    const run = await orchestrator.start(workflow, { id: 'r' });
    await run.ended;
    const shown = { id: 'big', status: 'succeeded', outputFile: { bytes: BIG.length + 2 } };
    for (const look of [run.snapshot(), await inspectRun(dataDir, 'r')]) {
      expect(look.tasks[0]).toMatchObject(shown);
      expect(look.tasks[0]).not.toHaveProperty('output');
    }
    expect(await run.output('big')).toBe(BIG);
    expect(await orchestrator.output('r', 'big')).toBe(BIG);
    expect(await readOutput(dataDir, 'r', 'big')).toBe(BIG);
    await expect(readOutput(dataDir, 'r', 'none')).rejects.toMatchObject({
      code: 'NUFLOW_TASK_NOT_FOUND',
    });
  });

  it('that is big reaches functions, references and Nushell as it is', async () => {
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const big = t.fn('big', { run: () => ({ text: BIG, mark: 'm' }) });
        const small = t.fn('small', { run: () => 'small' });
        const needs = { big, small };
        return {
          fn: t.fn('fn', { needs, run: ({ needs: { big: b, small: s } }) => [b.text.length, s] }),
          computed: t.nu('computed', {
            needs,
            code: '$input | str length',
            input: ({ needs: its }: { needs: { big: { text: string } } }) => its.big.text,
          }),
        };
      },
    });
    await using orchestrator = await open(newDir());
    const run = await orchestrator.start(workflow);
    expect((await run.result).outputs).toEqual({
      fn: [BIG.length, 'small'],
      computed: BIG.length,
    });
  });

  it('of Nushell that is big is in a file, too', async () => {
    const dataDir = newDir();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ big: t.nu('big', { code: "1..300000 | each { 'é' } | str join" }) }),
    });
    await using orchestrator = await open(dataDir);
    const run = await orchestrator.start(workflow, { id: 'r' });
    expect((await run.result).outputs.big).toBe('é'.repeat(300_000));
    expect(outputsOf(dataDir)).toEqual([expect.stringMatching(/^0001-big\.1-/)]);
  });

  it('over 64 MiB fails the task, with a code', async () => {
    const dataDir = newDir();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ big: t.fn('big', { run: () => 'x'.repeat(64 * 1024 * 1024) }) }),
    });
    await using orchestrator = await open(dataDir);
    const { status, failures } = await (await orchestrator.start(workflow, { id: 'r' })).result;
    expect([status, failures[0]?.error.code]).toEqual(['failed', 'NUFLOW_OUTPUT_TOO_BIG']);
    expect(outputsOf(dataDir)).toEqual([]);
  });

  it('nested deeper than JSON can be read fails the task, not the run', async () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 0;
      for (let n = 0; n < levels; n++) value = [value];
      return value;
    };
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        deep: t.fn('deep', { run: () => nested(20_000) }),
        less: t.fn('less', { run: () => nested(1_000) }),
      }),
    });
    await using orchestrator = await open(newDir());
    const run = await orchestrator.start(workflow);
    const { failures } = await run.result;
    expect(failures).toMatchObject([{ task: 'deep', error: { code: 'NUFLOW_NOT_JSON' } }]);
  });

  describe('whose file was harmed', () => {
    const workflow = workflowFromData({
      name: 'w',
      tasks: [
        { id: 'big', nu: { code: `{ text: ('x' | fill -w 300000), mark: 'm' }` } },
        { id: 'uses', needs: ['big'], nu: { code: '$input', input: { $output: 'big.mark' } } },
        { id: 'waits', needs: ['big'], nu: { code: "'waited'" } },
      ],
    });

    it('fails the tasks that use it, and no other', async () => {
      const dataDir = newDir();
      await using orchestrator = await open(dataDir);
      const run = await orchestrator.start(workflow, { id: 'r' });
      run.on('task.succeeded', ({ task }) => {
        if (task === 'big') truncateSync(onlyOutput(dataDir), 7);
      });
      await run.ended;
      expect(run.snapshot().tasks).toMatchObject([
        { id: 'big', status: 'succeeded' },
        { id: 'uses', status: 'failed', error: { code: 'NUFLOW_OUTPUT_FILE' } },
        { id: 'waits', status: 'succeeded', output: 'waited' },
      ]);
    });

    it('rejects the result, and leaves the rest of the run to be looked at', async () => {
      const dataDir = newDir();
      await using orchestrator = await open(dataDir);
      const alone = defineWorkflow('w', {
        tasks: (t) => ({
          big: t.fn('big', { run: () => BIG }),
          other: t.fn('other', { run: () => 1 }),
        }),
      });
      const run = await orchestrator.start(alone, { id: 'r' });
      await run.ended;
      rmSync(onlyOutput(dataDir));
      await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_OUTPUT_FILE' });
      await expect(run.output('big')).rejects.toMatchObject({ code: 'NUFLOW_OUTPUT_FILE' });
      expect(await run.output('other')).toBe(1);
      expect(run.snapshot().status).toBe('succeeded');
      expect((await orchestrator.inspect('r')).status).toBe('succeeded');
    });
  });
});
