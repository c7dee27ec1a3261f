import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('runners/spawner/helper.js', import.meta.resolve('nuflow')));
/** As nuflow starts it. */
const FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=0', '--no-opt'];

/** What is told when a process that was asked for begins and ends. */
export interface Told {
  started(): void;
  ended(): void;
}

/** A process that is asked to start others, with the files for their stdio, and tells when they begin and end: nuflow's, by itself. */
export class Helper {
  readonly #process = spawn(process.execPath, [...FLAGS, SCRIPT, String(process.pid)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  readonly #waiting = new Map<number, Told>();
  #last = 0;

  constructor() {
    createInterface(this.#process.stdout).on('line', (line) => this.#take(JSON.parse(line)));
  }

  ask(request: object, told: Told): void {
    const id = ++this.#last;
    this.#waiting.set(id, told);
    this.#process.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
  }

  #take({ id = 0, started }: { readonly id?: number; readonly started?: object }): void {
    if (started !== undefined) this.#waiting.get(id)?.started();
    else this.#waiting.get(id)?.ended();
  }
}
