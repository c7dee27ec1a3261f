import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NO_PROC } from '../support/processes.js';
import { extent, inRounds, progress, report, seededRandom } from '../support/soak.js';
import { builtProgram } from './built-program.js';
import { NastyRig } from './nasty-rig.js';
import type { OrchestratorProcess } from './orchestrator-process.js';

/** Rounds at work at the same time: each mostly waits. */
const AT_ONCE = 4;

const extents = extent('orphans', { rounds: 20 });
const { rounds, seed, timeout } = extents;

/** A way that work is stopped by, or left to itself and then stopped; gives the status of the run. */
interface Ending {
  readonly end: (rig: NastyRig, first: OrchestratorProcess) => Promise<string | null>;
  readonly status: string;
  readonly handlesSignals?: boolean;
  /** Of each task, ms. */
  readonly timeout?: number | undefined;
}

/** Asks for the end once or twice; the second time it is at once. */
const cancelled = (times: number): Ending => ({
  status: 'cancelled',
  end: async (rig, first) => {
    for (let n = 0; n < times; n++) first.order('cancel');
    return rig.ended(first);
  },
});

/** A signal that the orchestrator has a handler for, once or twice. */
const handled = (signal: NodeJS.Signals, times: number): Ending => ({
  status: 'cancelled',
  handlesSignals: true,
  end: async (rig, first) => {
    for (let n = 0; n < times; n++) {
      first.child.kill(signal);
      await delay(5); // two that are pending are one
    }
    const status = await rig.ended(first);
    if (status !== null) return status;
    await rig.expectNothingLeft();
    return resumeAndCancel(rig);
  },
});

/** A signal that just ends it; tasks go on. */
const died = (
  signal: NodeJS.Signals,
  status: string,
  then: (rig: NastyRig) => Promise<string | null>,
): Ending => ({
  status,
  end: async (rig, first) => {
    await first.kill(signal);
    return then(rig);
  },
});

async function resumeAndCancel(rig: NastyRig): Promise<string | null> {
  const next = rig.start();
  next.order('cancel');
  return rig.ended(next);
}

/** The second orchestrator dies while it stops tasks; the third ends what it began. */
async function dieCancelling(rig: NastyRig): Promise<string | null> {
  const second = rig.start();
  second.order('cancel');
  await second.until(({ type }) => type === 'run.cancelRequested');
  await second.kill();
  return rig.ended(rig.start());
}

async function resumeAndDrain(rig: NastyRig): Promise<string | null> {
  const next = rig.start();
  await next.until(({ type }) => type === 'ready');
  next.order('drain');
  rig.openGate();
  return rig.ended(next);
}

async function resumeAndDetach(rig: NastyRig): Promise<string | null> {
  const next = rig.start();
  await next.until(({ type }) => type === 'ready');
  next.order('detach');
  expect(await rig.ended(next)).toBe(null);
  return resumeAndCancel(rig);
}

async function resumeAndClose(rig: NastyRig): Promise<string | null> {
  const next = rig.start();
  await next.until(({ type }) => type === 'ready');
  next.order('close-cancel');
  return rig.ended(next);
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  cancelled: cancelled(1),
  'cancelled twice': cancelled(2),
  'out of time': { status: 'failed', timeout: 400, end: (rig, first) => rig.ended(first) },
  'SIGINT, handled by a cancel': handled('SIGINT', 1),
  'SIGTERM, handled by a stop': handled('SIGTERM', 1),
  'SIGTERM twice': handled('SIGTERM', 2),
  'SIGTERM, then resumed and cancelled': died('SIGTERM', 'cancelled', resumeAndCancel),
  'SIGINT, then resumed and closed with cancel': died('SIGINT', 'cancelled', resumeAndClose),
  'SIGKILL, then resumed and cancelled': died('SIGKILL', 'cancelled', resumeAndCancel),
  'SIGKILL, then SIGKILL while cancelling': died('SIGKILL', 'cancelled', dieCancelling),
  'SIGKILL, then resumed and detached': died('SIGKILL', 'cancelled', resumeAndDetach),
  'SIGKILL, then resumed and drained': died('SIGKILL', 'succeeded', resumeAndDrain),
  detached: {
    status: 'cancelled',
    end: async (rig, first) => {
      first.order('detach');
      expect(await rig.ended(first)).toBe(null);
      return resumeAndCancel(rig);
    },
  },
};

describe.skipIf(NO_PROC)('whatever becomes of an orchestrator', () => {
  const program = builtProgram('orchestrator');
  it(
    `no process is left, ${rounds} times (seed ${seed})`,
    async () => {
      const seen = { rounds: 0, processes: 0, helpers: 0, left: 0 };
      const soFar = progress('orphans', seed);
      await inRounds(extents, AT_ONCE, async (index) => {
        const { processes, helpers } = await round(program, index, seed + index);
        seen.rounds++;
        seen.processes += processes;
        seen.helpers += helpers;
        soFar(seen);
      });
      report('orphans', seen, seed);
      expect(seen.helpers, 'helpers seen').toBeGreaterThan(0);
    },
    timeout,
  );
});

/** One run of nasty tasks and its end; gives the number of processes it was seen to have, and of those that start them. */
async function round(
  program: string,
  index: number,
  roundSeed: number,
): Promise<{ readonly processes: number; readonly helpers: number }> {
  const random = seededRandom(roundSeed);
  const endings = Object.entries(ENDINGS);
  const [name, ending] = endings[index % endings.length] ?? ['', cancelled(1)];
  const { handlesSignals = false, timeout: taskTimeout } = ending;
  const rig = new NastyRig(program, { handlesSignals, timeout: taskTimeout });
  const where = `${name}, seed ${roundSeed}, in ${rig.dir}`;
  try {
    const first = rig.start();
    const early = taskTimeout !== undefined || random() < EARLY;
    await first.until(({ type }) => type === 'ready');
    if (early) await delay(random() * 100);
    else await rig.allThere(first);
    const seen = { processes: rig.look(), helpers: rig.helpers().length };
    const status = await ending.end(rig, first);
    if (!early) expect(status).toBe(ending.status);
    await rig.expectNothingLeft();
    await rig.remove();
    return seen;
  } catch (error) {
    await rig.remove();
    throw new Error(`after ${where}`, { cause: error });
  }
}

/** Share of rounds that end while tasks are still starting. */
const EARLY = 0.4;
