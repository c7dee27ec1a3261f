import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { WorkflowFile } from '../../src/index.js';
import { builtProgram } from '../crash/built-program.js';
import { inRounds } from '../support/soak.js';
import type { ShortStory } from './short-orders.js';
import { ShortRig } from './short-rig.js';

/** Orchestrators at work at the same time: each mostly waits. */
const LANES = 3;
const TIMEOUT_MS = 300_000;
/** Users from here on are nobody, and have no processes. */
const NOBODY = 64_997;

/** Why descriptors can't be taken from a process here; undefined when they can. */
function whyNoLimit(): string | undefined {
  if (process.platform !== 'linux') return `not on ${process.platform}`;
  return whyNot('prlimit', '--pid', String(process.pid));
}

/** Why the number of processes can't be limited, or a folder closed, for another user; for root both are open. */
function whyNoUser(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may become another user';
  const look = `require('node:fs').readFileSync(${JSON.stringify(fileURLToPath(import.meta.url))})`;
  // By env, since setpriv itself still finds what only root may.
  const node = ['env', process.execPath, '-e', look];
  return whyNot('setpriv', `--reuid=${NOBODY}`, '--clear-groups', ...node);
}

function whyNot(file: string, ...args: readonly string[]): string | undefined {
  try {
    execFileSync(file, args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `${file} does not work: ${String(error)}`;
  }
}

const noLimit = whyNoLimit();
const noUser = noLimit ?? whyNoUser();
if (noUser !== undefined) console.log(`shortages: skipped in part or in all, ${noUser}`);

/** What a shortage may keep an orchestrator from, and the code that says so. */
const CODES = {
  nowhere: ['NUFLOW_DATA_DIR', 'NUFLOW_JOURNAL_READ'],
  open: ['NUFLOW_NU_NOT_STARTED', 'NUFLOW_JOURNAL_WRITE', 'NUFLOW_JOURNAL_READ'],
  started: ['NUFLOW_JOURNAL_WRITE'],
  ended: [undefined],
} as const;

/** Sees to it that what it says is so: nothing ran twice, what it counts as not started did not run. */
function expectTruth(rig: ShortRig, story: ShortStory, where: string): void {
  expect(CODES[story.came], where).toContain(story.code);
  const worked = rig.worked();
  for (const { id, status, error } of story.tasks) {
    if (status === 'succeeded') expect(worked.get(id), `${id}, ${where}`).toBe(1);
    if (error?.code === 'NUFLOW_SPAWN_FAILED')
      expect(worked.get(id), `${id}, ${where}`).toBe(undefined);
    expect(worked.get(id) ?? 0, `${id}, ${where}`).toBeLessThanOrEqual(1);
  }
}

/** With enough of everything again, the run goes on if it had not ended, and another one succeeds. */
async function expectRecovery(
  rig: ShortRig,
  before: ShortStory | undefined,
  where: string,
): Promise<void> {
  const next = await rig.orchestrate();
  expect(next, where).toMatchObject({ came: 'ended' });
  if (next === undefined) return;
  expectTruth(rig, next, where);
  expect(next.status, where).toBe(before?.status === 'failed' ? 'failed' : 'succeeded');
  expect(await rig.verdict(), where).toBe('ok');
  const another = await rig.orchestrate({ run: 'another' });
  expect(another, where).toMatchObject({ came: 'ended', status: 'succeeded' });
}

describe.skipIf(noLimit !== undefined)('an orchestrator with too few descriptors', () => {
  const program = builtProgram('../faults/short-orchestrator');

  it.each(['open', 'start', 'work'] as const)(
    'says what it could not do, and goes on when there are enough: few from %s on',
    { timeout: TIMEOUT_MS },
    async (moment) => {
      const came = new Set<string>();
      await inRounds({ rounds: FREE.length }, LANES, async (index) => {
        const rig = new ShortRig(program);
        const where = `${FREE[index]} left from ${moment} on`;
        const story = await rig.orchestrate({ moment, descriptors: FREE[index] });
        if (story === undefined) throw new Error(where);
        expectTruth(rig, story, where);
        came.add(`${story.came} ${story.code ?? story.status}`);
        await expectRecovery(rig, story, where);
        rig.remove();
      });
      console.log(`few descriptors from ${moment} on: ${[...came].sort().join(', ')}`);
      expect([...came].sort().at(-1)).toMatch(/^started|^open|^ended/);
    },
  );

  it.each(['open', 'start', 'work'] as const)(
    'takes no attempt for dead that it can not look at: few from %s on, after a kill -9',
    { timeout: TIMEOUT_MS },
    async (moment) => {
      await inRounds({ rounds: FREE.length }, LANES, async (index) => {
        const rig = new ShortRig(program);
        const where = `${FREE[index]} left from ${moment} on`;
        expect(await rig.orchestrate({ diesAtWork: true }), where).toBe(undefined);
        const story = await rig.orchestrate({ moment, descriptors: FREE[index] });
        if (story === undefined) throw new Error(where);
        expectTruth(rig, story, where);
        await expectRecovery(rig, story, where);
        rig.remove();
      });
    },
  );
});

describe.skipIf(noUser !== undefined)('an orchestrator that may have too few processes', () => {
  const program = builtProgram('../faults/short-orchestrator');

  it('fails what it can not start, and goes on when it may have enough', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const came = new Map<string, number>();
    const note = (what: string): unknown => came.set(what, (came.get(what) ?? 0) + 1);
    await inRounds({ rounds: PROCESSES.length }, LANES, async (index) => {
      const rig = new ShortRig(program, NOBODY + index);
      const where = `at most ${PROCESSES[index]} processes and threads`;
      const story = await rig.orchestrate({}, ['prlimit', `--nproc=${PROCESSES[index]}`]);
      note(story === undefined ? 'Node gave up' : `${story.came} ${story.code ?? story.status}`);
      if (story !== undefined) expectTruth(rig, story, where);
      for (const { error } of story?.tasks ?? []) if (error) note(error.code);
      await expectRecovery(rig, story, where);
      rig.remove();
    });
    console.log(`few processes: ${JSON.stringify(Object.fromEntries(came))}`);
    expect([...came.keys()]).toContain('NUFLOW_SPAWN_FAILED');
  });
});

/** A workflow of one program that runs in the folder. */
const inFolder = (cwd: string): WorkflowFile => ({
  name: 'folder',
  tasks: [{ id: 't', shell: { command: 'sh', args: ['-c', 'true'], cwd } }],
});

describe('an orchestrator whose tasks have no folder', () => {
  const program = builtProgram('../faults/short-orchestrator');

  /** The error of the run's only task, none of whose code ran; the same workflow succeeds once `mend` is done. */
  const refusal = async (rig: ShortRig, cwd: string, mend: () => void): Promise<string> => {
    const workflow = inFolder(cwd);
    const story = await rig.orchestrate({ workflow });
    expect(story).toMatchObject({ came: 'ended', status: 'failed' });
    const [task] = story?.tasks ?? [];
    expect(task?.error?.code).toBe('NUFLOW_SPAWN_FAILED');
    mend();
    const next = await rig.orchestrate({ workflow, run: 'another' });
    expect(next).toMatchObject({ came: 'ended', status: 'succeeded' });
    rig.remove();
    return task?.error?.message ?? '';
  };

  it('fails a task whose working folder is missing', async () => {
    const rig = new ShortRig(program);
    const why = await refusal(rig, 'nowhere', () => mkdirSync(rig.path('nowhere')));
    expect(why).toBe(
      `Could not start /bin/sh (ENOENT): the working folder ${rig.path('nowhere')} does not exist`,
    );
  });

  it('fails a task when something is in the way of its files', async () => {
    const rig = new ShortRig(program);
    mkdirSync(rig.path('data/runs/r'), { recursive: true });
    writeFileSync(rig.path('data/runs/r/tasks'), '');
    const why = await refusal(rig, '.', () => {});
    expect(why).toContain(`${rig.path('data/runs/r/tasks')} is a file, not a folder of its run`);
  });

  it.skipIf(noUser !== undefined)('fails a task whose working folder is closed', async () => {
    const rig = new ShortRig(program, NOBODY);
    mkdirSync(rig.path('closed'), { mode: 0o700 });
    const why = await refusal(rig, 'closed', () => rig.give(rig.path('closed')));
    expect(why).toMatch(
      /^Could not start \/bin\/sh \(EACCES\): .*the folder .*closed not accessible$/,
    );
  });

  it.skipIf(noUser !== undefined)('fails a task whose files can not be made', async () => {
    const rig = new ShortRig(program, NOBODY);
    for (const folder of ['data', 'data/runs', 'data/runs/r', 'data/runs/r/tasks']) {
      mkdirSync(rig.path(folder), { mode: 0o700 });
      rig.give(rig.path(folder));
    }
    chmodSync(rig.path('data/runs/r/tasks'), 0o500);
    const why = await refusal(rig, '.', () => {});
    expect(why).toMatch(/\(EACCES\): the attempt's files can not be made at .*0001-t/);
  });
});

/** Descriptors left. */
const FREE = [0, 4, 10, 16];
/** Processes and threads that a user may have; Node alone has about ten. */
const PROCESSES = [10, 14, 18, 24];
