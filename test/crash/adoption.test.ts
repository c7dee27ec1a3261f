import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordOf, RecordType, WorkflowFile } from '../../src/index.js';
import { NO_PROC } from '../support/processes.js';
import { builtProgram } from './built-program.js';
import { CrashRig } from './crash-rig.js';
import { balance, lineInNushell, lineInShell } from './ledger.js';

type TaskFile = WorkflowFile['tasks'][number];

/** Tasks that say `early`, wait for the file `go`, say `late` and end. */
const WAITING: readonly TaskFile[] = [
  {
    id: 'nu',
    nu: {
      code: `print early; ${lineInNushell('began')}; while not ('go' | path exists) { sleep 10ms }; print late; ${lineInNushell('worked')}; ^printf external`,
    },
  },
  {
    id: 'shell',
    shell: {
      command: 'sh',
      args: [
        '-c',
        `echo early; ${lineInShell('began')}; until [ -e go ]; do sleep 0.02; done; echo late; ${lineInShell('worked')}`,
      ],
    },
  },
];
const OUTPUTS = {
  nu: 'external',
  shell: { exitCode: 0, stdout: 'early\nlate\n', truncated: false },
};

describe.skipIf(NO_PROC)('tasks whose orchestrator was killed with kill -9', () => {
  const program = builtProgram('orchestrator');
  let rig: CrashRig;
  afterEach(() => rig.remove());

  /** Starts the tasks, and kills the orchestrator when each has a process and has begun. */
  const startAndKill = async (
    tasks: readonly TaskFile[],
    more: { readonly concurrency?: number } = {},
  ): Promise<void> => {
    rig = new CrashRig(program, { name: 'adopted', tasks: [...tasks] }, more);
    const first = rig.start();
    const begun = WAITING.filter(({ id }) => tasks.some((task) => task.id === id));
    await first.until(
      () =>
        first.told.filter(({ type }) => type === 'task.spawned').length >= begun.length &&
        rig.ledger().length >= begun.length,
    );
    await first.kill();
  };
  const go = (): void => writeFileSync(rig.path('go'), '');
  const journaled = async <T extends RecordType>(type: T): Promise<RecordOf<T>[]> =>
    (await rig.records()).filter((it): it is RecordOf<T> => it.type === type);
  const expectOnce = async (): Promise<void> => {
    const found = balance(await rig.records(), rig.ledger(), true);
    expect(found).toEqual({ succeeded: found.succeeded, repeated: 0, unbegun: 0, wrong: [] });
    for (const { task, output } of await journaled('task.succeeded'))
      if (task in OUTPUTS) expect(output).toEqual(OUTPUTS[task as keyof typeof OUTPUTS]);
  };

  it('go on, are waited for, and their results are used', async () => {
    const after: TaskFile = { id: 'after', needs: ['nu', 'shell'], shell: leaves };
    await startAndKill([...WAITING, after]);
    const next = rig.start();
    await next.until(({ type }) => type === 'ready');
    go();
    await next.ended;
    expect(next.result).toBe('succeeded');
    await expectOnce();
    expect(await journaled('task.spawned')).toHaveLength(3);
  });

  it('count as done when they ended while nobody watched', async () => {
    await startAndKill(WAITING);
    go();
    expect(await rig.left()).toEqual([]);
    expect(await rig.finish()).toBe('succeeded');
    await expectOnce();
  });

  it('are found by their cookie when their processes never came to the journal', async () => {
    await startAndKill(WAITING);
    rig.cutJournal('task.spawned');
    const living = rig.processes().map(({ pid }) => pid);
    const next = rig.start();
    await next.until(() => next.told.filter(({ type }) => type === 'task.spawned').length === 2);
    go();
    await next.ended;
    expect(next.result).toBe('succeeded');
    await expectOnce();
    for (const { pid } of await journaled('task.spawned')) expect(living).toContain(pid);
  });

  it('outlive any number of orchestrators', async () => {
    await startAndKill(WAITING);
    for (let n = 0; n < 3; n++) {
      const next = rig.start();
      await next.until(({ type }) => type === 'ready');
      await next.kill();
    }
    go();
    expect(await rig.finish()).toBe('succeeded');
    await expectOnce();
    expect(await journaled('run.resumed')).toHaveLength(4);
  });

  it('take their slots before anything new starts', async () => {
    await startAndKill([...WAITING, { id: 'next', shell: leaves }], { concurrency: 2 });
    const second = rig.start();
    await second.until(({ type }) => type === 'ready');
    go();
    await second.ended;
    const records = await rig.records();
    expect(balance(records, rig.ledger(), true).wrong).toEqual([]);
    // Its start may be put on disk ahead; its code does not run before.
    const spawned = records.findIndex((it) => it.type === 'task.spawned' && it.task === 'next');
    const ended = records.findIndex(({ type }) => type === 'task.succeeded');
    expect(spawned).toBeGreaterThan(ended);
  });

  it('are stopped by a timeout that began before the crash', async () => {
    const [nu, shell] = WAITING.map((task) => ({ ...task, timeout: 2_000 }));
    await startAndKill([nu, shell] as TaskFile[]);
    const started = await journaled('task.started');
    expect(await rig.finish()).toBe('failed');
    const failed = await journaled('task.failed');
    expect(failed.map(({ error }) => error.code)).toEqual(['NUFLOW_TIMEOUT', 'NUFLOW_TIMEOUT']);
    const [resumed] = await journaled('run.resumed');
    const ranMs = Date.parse(failed[0]?.at ?? '') - Date.parse(started[0]?.at ?? '');
    const resumedMs = Date.parse(failed[0]?.at ?? '') - Date.parse(resumed?.at ?? '');
    expect(ranMs).toBeGreaterThanOrEqual(2_000);
    expect(resumedMs).toBeLessThan(ranMs);
  });

  describe('and who were killed too', () => {
    const killedToo = async (onInterrupted: 'retry' | 'fail' | 'hold'): Promise<void> => {
      await startAndKill(WAITING.map((task) => ({ ...task, onInterrupted })));
      for (const { pid } of await journaled('task.spawned')) process.kill(-pid, 'SIGKILL');
      expect(await rig.left()).toEqual([]);
    };

    it('are run again, with the same key', async () => {
      await killedToo('retry');
      go();
      expect(await rig.finish()).toBe('succeeded');
      const found = balance(await rig.records(), rig.ledger(), false);
      expect(found).toEqual({ succeeded: 2, repeated: 2, unbegun: 0, wrong: [] });
      const interrupted = await journaled('task.interrupted');
      expect(interrupted.map(({ next }) => next)).toEqual(['retry', 'retry']);
    });

    it('fail when that is how interruptions are to be taken', async () => {
      await killedToo('fail');
      expect(await rig.finish()).toBe('failed');
      const failed = await journaled('task.failed');
      expect(failed.map(({ error }) => error.code)).toEqual([
        'NUFLOW_INTERRUPTED',
        'NUFLOW_INTERRUPTED',
      ]);
    });

    it('are held when a person has to decide', async () => {
      await killedToo('hold');
      const next = rig.start();
      await next.until(
        () => next.told.filter(({ type }) => type === 'task.interrupted').length === 2,
      );
      next.order('drain');
      await next.ended;
      expect(next.result).toBe(null);
      expect(balance(await rig.records(), rig.ledger(), false)).toMatchObject({ repeated: 0 });
    });
  });

  it('lose nothing they print', async () => {
    await startAndKill(WAITING);
    go();
    await rig.finish();
    for (const task of ['0001-nu', '0002-shell'])
      expect(readFileSync(rig.path(`data/runs/run/tasks/${task}/1/stdout.log`), 'utf8')).toBe(
        'early\nlate\n',
      );
  });
});

/** A task that leaves its lines in the ledger at once. */
const leaves = { command: 'sh', args: ['-c', `${lineInShell('began')}; ${lineInShell('worked')}`] };
