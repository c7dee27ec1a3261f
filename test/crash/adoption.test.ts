import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordOf, RecordType, WorkflowFile } from '../../src/index.js';
import { NO_PROC } from '../support/processes.js';
import { builtProgram } from './built-program.js';
import { CrashRig } from './crash-rig.js';
import { balance, lineInNushell, lineInShell } from './ledger.js';
import type { Told } from './orchestrator-process.js';

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
/** Tasks that say `early`, then each line that the file `lines` comes to have, until the file `go` is there. */
const TALKING: readonly TaskFile[] = [
  {
    id: 'nu',
    nu: {
      code: `print early; ${lineInNushell('began')}
        mut said = 0
        loop {
          let isLast = 'go' | path exists
          let lines = if ('lines' | path exists) { open --raw lines | lines } else { [] }
          for line in ($lines | skip $said) { print $line }
          $said = $lines | length
          if $isLast { break }
          sleep 10ms
        }
        print end; ${lineInNushell('worked')}`,
    },
  },
  {
    id: 'shell',
    shell: {
      command: 'sh',
      args: [
        '-c',
        `echo early; ${lineInShell('began')}; said=0
        while :; do
          [ -e go ]; last=$?
          [ -e lines ] && tail -n "+$((said + 1))" lines > said.tmp && cat said.tmp && said=$((said + $(wc -l < said.tmp)))
          [ $last = 0 ] && break
          sleep 0.02
        done
        echo end; ${lineInShell('worked')}`,
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

  /** Starts the tasks, and kills the orchestrator when those that wait have a process and were heard. */
  const startAndKill = async (
    tasks: readonly TaskFile[],
    more: { readonly concurrency?: number } = {},
  ): Promise<void> => {
    rig = new CrashRig(program, { name: 'adopted', tasks: [...tasks] }, more);
    const first = rig.start();
    const begun = (type: string, task: string): boolean =>
      first.told.some((it) => it.type === type && it.task === task);
    await first.until(
      () =>
        rig.ledger().length >= WAITING.length &&
        WAITING.every(({ id }) => begun('task.spawned', id) && begun('task.output', id)),
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
    const ledger = rig.ledger();
    expect(balance(await rig.records(), ledger, true).wrong).toEqual([]);
    // Its start may be put on disk ahead; its code does not run before.
    const began = ledger.findIndex(({ task }) => task === 'next');
    const ended = ledger.findIndex(({ what, task }) => what === 'worked' && task !== 'next');
    expect(began).toBeGreaterThan(ended);
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

  it('are heard from where they were, with what they printed meanwhile and nothing twice', async () => {
    await startAndKill(TALKING);
    expect(joined(rig.told(), 'nu')).toBe('early\n');
    say('meanwhile');
    await expect.poll(() => readLog('nu') + readLog('shell')).toMatch(/meanwhile.*meanwhile/s);
    const second = rig.start();
    await second.until(({ type, text }) => type === 'task.output' && /meanwhile/.test(text ?? ''));
    say('then');
    await second.until(({ type, text }) => type === 'task.output' && /then/.test(text ?? ''));
    await second.kill();
    say('at last');
    go();
    expect(await rig.left()).toEqual([]);
    expect(await rig.finish()).toBe('succeeded');
    for (const task of ['nu', 'shell']) {
      expect(joined(rig.told(), task)).toBe('early\nmeanwhile\nthen\nat last\nend\n');
      expect(readLog(task)).toBe(joined(rig.told(), task));
    }
  });

  const say = (line: string): void => appendFileSync(rig.path('lines'), `${line}\n`);
  const readLog = (task: string): string => {
    const folder = task === 'nu' ? '0001-nu' : '0002-shell';
    return readFileSync(rig.path(`data/runs/run/tasks/${folder}/1/stdout.log`), 'utf8');
  };
});

/** What a consumer has that stayed while orchestrators came and went: of each piece only what is new to it. */
function joined(told: readonly Told[], task: string): string {
  let text = '';
  let seen = 0;
  for (const it of told) {
    if (it.type !== 'task.output' || it.task !== task || it.stream !== 'stdout') continue;
    const { offset = 0, bytes = 0 } = it;
    if (offset > seen) throw new Error(`${task}: nothing was heard of bytes ${seen} to ${offset}`);
    text += Buffer.from(it.text ?? '')
      .subarray(seen - offset)
      .toString();
    seen = Math.max(seen, offset + bytes);
  }
  return text;
}

/** A task that leaves its lines in the ledger at once. */
const leaves = { command: 'sh', args: ['-c', `${lineInShell('began')}; ${lineInShell('worked')}`] };
