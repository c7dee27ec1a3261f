import { availableParallelism } from 'node:os';
import type { ProcessStarter, Program, Standby, Starting } from '../process/process-starter.js';
import { Spawner } from './spawner.js';

/** More would only compete with what they start. */
const MOST = Math.min(2, availableParallelism());
/** Starts waiting for a helper that justify another one. */
const QUEUE = 3;

/**
 * A few spawners for one program. A helper waits for each fork until it has become its program, so on a
 * busy machine starts queue up before it although a processor would be free for the next.
 */
export class Spawners implements ProcessStarter {
  readonly #script: string | undefined;
  readonly #spawners: [Spawner, ...Spawner[]];

  /** @param script The helper, as built. */
  constructor(script?: string) {
    this.#script = script;
    this.#spawners = [new Spawner(script)];
  }

  ready(): Promise<void> {
    return this.#spawners[0].ready();
  }

  start(dir: string, program: Program): Starting {
    return this.#next().start(dir, program);
  }

  standBy(dir: string, program: Omit<Program, 'stdin'>): Standby | undefined {
    return this.#next().standBy(dir, program);
  }

  async close(): Promise<void> {
    await Promise.all(this.#spawners.map((spawner) => spawner.close()));
  }

  #next(): Spawner {
    const quickest = this.#spawners.reduce((a, b) => (b.waiting < a.waiting ? b : a));
    if (quickest.waiting < QUEUE || this.#spawners.length >= MOST) return quickest;
    const another = new Spawner(this.#script);
    this.#spawners.push(another);
    return another;
  }
}
