import { describe, expect, it } from 'vitest';
import type { Attempt, Outcome, Runner } from '../../src/runners/runner.js';
import { AttemptRig, temporaryFolder } from '../runners/attempts.js';

/** Work for a runner under test, in the runner's own terms. */
export interface RunnerUnderTest {
  readonly runner: Runner;
  /** Whether an attempt is a process. */
  readonly spawns: boolean;
  /** Prints `hello` as a line on stdout and succeeds. */
  readonly greets: Work;
  /** Fails. */
  readonly fails: Work;
  /** Prints `ready` as a line, then goes on until it is asked to stop. */
  readonly waits: Work;
  /** Prints `ready` as a line, then goes on whatever it is asked. */
  readonly persists: Work;
  /** Settings the runner has to refuse. */
  readonly refused: Attempt['with'];
  /** Pids of the living processes that carry a cookie; default: of this machine. */
  readonly processes?: (cookie: string) => readonly number[];
}

type Work = Pick<Attempt, 'with' | 'call'>;

/** What every Runner promises. */
export function runnerContract(name: string, make: () => RunnerUnderTest): void {
  describe(`${name} as a runner`, () => {
    const folder = temporaryFolder();
    const subject = make();
    const { runner } = subject;
    const processes = async (rig: AttemptRig): Promise<readonly number[]> =>
      subject.processes?.(rig.attempt.cookie) ?? rig.processes();
    const begin = (work: Work) => {
      const rig = new AttemptRig(folder, work);
      return { rig, execution: rig.start(runner) };
    };

    it('accepts the settings of its work, and refuses others naming the place', () => {
      for (const work of [subject.greets, subject.fails, subject.waits, subject.persists]) {
        runner.check(work.with, 'tasks.t');
      }
      expect(() => runner.check(subject.refused, 'tasks.t')).toThrow(/^tasks\.t/);
    });

    it('gets ready before its first use', async () => {
      await runner.prepare?.();
    });

    it('succeeds with an output, and hands on what was printed before that', async () => {
      const { rig, execution } = begin(subject.greets);
      const outcome = await execution.outcome;
      expect(outcome.status).toBe('succeeded');
      expect(rig.text('stdout')).toBe('hello\n');
    });

    it('turns a failure into an outcome with code and message', async () => {
      const outcome = await begin(subject.fails).execution.outcome;
      expect(outcome).toMatchObject({ status: 'failed', error: { code: expect.any(String) } });
      expect(failure(outcome).message).not.toBe('');
    });

    it('tells its process, or that it has none', async () => {
      const { execution } = begin(subject.greets);
      const spawned = await execution.spawned;
      expect(spawned === undefined).toBe(!subject.spawns);
      if (spawned !== undefined) expect(spawned.pid).toBeGreaterThan(1);
      await execution.outcome;
    });

    it('ends when it is asked to stop', async () => {
      const { rig, execution } = begin(subject.waits);
      await rig.printed(/ready/);
      execution.stop('interrupt');
      await execution.outcome;
      expect(await processes(rig)).toEqual([]);
    });

    it('ends when it is made to stop, and leaves no process', async () => {
      const { rig, execution } = begin(subject.persists);
      await rig.printed(/ready/);
      execution.stop('interrupt');
      execution.stop('kill');
      expect((await execution.outcome).status).not.toBe('succeeded');
      expect(await processes(rig)).toEqual([]);
    });

    it('takes a stop at any time: at once, again, after the end', async () => {
      const { execution } = begin(subject.persists);
      execution.stop('kill');
      execution.stop('kill');
      const outcome = await execution.outcome;
      execution.stop('interrupt');
      execution.stop('kill');
      expect(await execution.outcome).toBe(outcome);
    });

    it('fails, without throwing, when its input is not what it takes', async () => {
      const outcome = await begin({ with: subject.refused }).execution.outcome;
      expect(outcome.status).toBe('failed');
    });
  });
}

function failure(outcome: Outcome) {
  if (outcome.status !== 'failed') throw new Error(`it ${outcome.status}`);
  return outcome.error;
}
