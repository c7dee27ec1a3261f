import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator, type TaskSnapshot, type Workflow } from 'nuflow';
import { afterAll, describe, expect, it } from 'vitest';
import { NUSHELLS } from '../runners/attempts.js';

const [[, nushell]] = NUSHELLS;
const root = mkdtempSync(join(tmpdir(), 'nuflow-results-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** The tasks of a run after its end, and what they gave. */
async function ended(
  workflow: Workflow<never>,
): Promise<{ tasks: readonly TaskSnapshot[]; outputs: unknown }> {
  const dataDir = join(root, String(count++));
  await using orchestrator = await Orchestrator.open({ dataDir, nushell: { binary: nushell } });
  const run = await orchestrator.start(workflow as Workflow, { id: 'r' });
  const { outputs } = await run.result;
  return { tasks: run.snapshot().tasks, outputs };
}

const sh = (text: string) => ({ command: 'sh', args: ['-c', text] });

describe('what a task leaves', () => {
  it('fails it with a code when its result is too big to be read', async () => {
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        nu: t.nu('nu', {
          // Written by the task itself, as no value takes so much memory in a test.
          code: `^sh -c 'head -c 67108865 /dev/zero > "$NUFLOW_RESULT"'; exit 0`,
        }),
        whole: t.nu('whole', { code: `^sh -c 'echo 1 > "$NUFLOW_RESULT"'; exit 0` }),
      }),
    });
    expect((await ended(workflow)).tasks).toMatchObject([
      { status: 'failed', error: { code: 'NUFLOW_OUTPUT_TOO_BIG' } },
      { status: 'failed', error: { code: 'NUFLOW_BAD_RESULT' } },
    ]);
  });

  it('has all of stdout, whatever the bytes', async () => {
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        much: t.shell('much', sh('yes | head -c 1000000')),
        bytes: t.shell('bytes', sh(`printf 'a\\000\\377\\303\\050b'`)),
      }),
    });
    const { outputs } = await ended(workflow);
    expect(outputs).toEqual({
      much: { exitCode: 0, stdout: 'y\n'.repeat(500_000), truncated: false },
      bytes: { exitCode: 0, stdout: 'a\0\ufffd\ufffd(b', truncated: false },
    });
  });

  it('is cut to a bearable size when it is an error', async () => {
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        fn: t.fn('fn', {
          run: () => {
            const cause = new Error('z'.repeat(1_000_000));
            throw new Error(`begin${'x'.repeat(1_000_000)}end`, { cause });
          },
        }),
        nu: t.nu('nu', { code: `error make { msg: ('y' | fill -w 500000 -c y), code: 'a::b' }` }),
      }),
    });
    const [fn, nu] = (await ended(workflow)).tasks;
    expect(fn?.error?.message).toMatch(
      /^beginx{4091}… \[nuflow: 991816 characters left out\] …x{4093}end$/,
    );
    expect(fn?.error?.inner?.[0]?.message.length).toBeLessThan(9_000);
    expect(nu?.error).toMatchObject({ code: 'a::b' });
    expect(JSON.stringify(nu?.error).length).toBeLessThan(64 * 1024);
  });
});

describe('the logs of a task', () => {
  it('hold its bytes as they are, and events what of them is text', async () => {
    const dataDir = join(root, String(count++));
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        bytes: t.shell('bytes', sh(`printf 'a\\000\\377b'; printf '\\342\\202' >&2`)),
      }),
    });
    await using orchestrator = await Orchestrator.open({ dataDir });
    const run = await orchestrator.start(workflow, { id: 'r' });
    const heard = { stdout: '', stderr: '' };
    run.on('task.output', ({ stream, text }) => {
      heard[stream] += text;
    });
    await run.ended;
    expect(heard).toEqual({ stdout: 'a\0\ufffdb', stderr: '\ufffd' });
    const log = (stream: string): Buffer =>
      readFileSync(join(dataDir, `runs/r/tasks/0001-bytes/1/${stream}.log`));
    expect([...log('stdout')]).toEqual([0x61, 0, 0xff, 0x62]);
    expect([...log('stderr')]).toEqual([0xe2, 0x82]);
  });

  it.each([0, 1024 * 1024 - 1, 1024 ** 4 + 1, 2_000_000.5, Number.NaN])(
    'can not be bounded by %d bytes',
    async (maxBytes) => {
      const dataDir = join(root, 'none');
      await expect(Orchestrator.open({ dataDir, logs: { maxBytes } })).rejects.toMatchObject({
        code: 'NUFLOW_INVALID_OPTION',
        message: expect.stringContaining('logs.maxBytes'),
      });
    },
  );
});
