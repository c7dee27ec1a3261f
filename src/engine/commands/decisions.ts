import type { Outcome } from '../../runners/runner.js';
import type { Frontier } from '../../scheduler/frontier.js';
import type { KeptOutcome } from '../attempt/outputs.js';
import type { Commits } from '../commit/commits.js';
import { assertDecidable, decidedOutput, type HeldDecision } from './decision.js';
import { NotHeldError } from './decision-errors.js';

/** The run, as decisions about its held tasks see it. */
export interface DecisionTaker {
  /** What is on disk, and on its way there. */
  readonly commits: Pick<Commits, 'state' | 'commit'>;
  readonly frontier: Pick<Frontier, 'heldAttempt'>;
  /** An output as it can be recorded. */
  keep(task: string, attempt: number, outcome: Outcome): KeptOutcome | Promise<KeptOutcome>;
  /** A decision was appended: does what follows. */
  taken(): void;
  /** How the run ended, for a decision that did not get to the disk. */
  ended(): Promise<void>;
}

/** Takes decisions about held tasks, one after another: of two about one task the second finds it decided. */
export class Decisions {
  readonly #run: DecisionTaker;
  #last: Promise<void> = Promise.resolve();

  constructor(run: DecisionTaker) {
    this.#run = run;
  }

  /** Resolves when the decision is on disk. Rejects, with nothing recorded, when it can't be taken. */
  take(wanted: HeldDecision): Promise<void> {
    const taken = this.#last.then(() => this.#take(wanted));
    this.#last = taken.catch(() => {});
    return taken;
  }

  /** Resolves when those asked for so far were taken, or refused. */
  gone(): Promise<void> {
    return this.#last;
  }

  async #take(wanted: HeldDecision): Promise<void> {
    const { task, decision, message } = wanted;
    assertDecidable(this.#run.commits.state, wanted);
    const attempt = this.#heldAttempt(task);
    const keep = (outcome: Outcome): KeptOutcome | Promise<KeptOutcome> =>
      this.#run.keep(task, attempt, outcome);
    const output = await decidedOutput(wanted, keep);
    this.#heldAttempt(task); // the run may have been cancelled meanwhile
    const draft = { type: 'task.decided', task, attempt, decision, ...output, message } as const;
    const durable = new Promise((settled) => this.#run.commits.commit(draft, settled));
    this.#run.taken();
    if (!(await durable)) await this.#run.ended();
  }

  /** What is on its way to the disk counts: the frontier knows it, the state does not yet. */
  #heldAttempt(task: string): number {
    const attempt = this.#run.frontier.heldAttempt(task);
    if (attempt !== undefined) return attempt;
    throw new NotHeldError(this.#run.commits.state.id, task, 'being settled');
  }
}
