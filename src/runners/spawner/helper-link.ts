import { type HelperProcess, startHelper } from '../process/process.js';
import { COOKIE } from '../process/process-table.js';
import type { HelperAnswer, HelperRequest } from './protocol.js';
import { helperCookie, helpersGone } from './stray-helpers.js';

export type JobAnswer = Exclude<HelperAnswer, { readonly ready: true }>;

/** Who uses a link. */
export interface LinkListener {
  answered(answer: JobAnswer): void;
  /** The helper is gone, or never came; no answer follows. */
  lost(link: HelperLink): void;
}

/** The connection to one helper process. It does not keep this program alive unless it is held. */
export class HelperLink {
  /** Resolves once the helper takes requests, or is gone. */
  readonly ready: Promise<void>;
  readonly #listener: LinkListener;
  readonly #cookie = helperCookie();
  readonly #process: HelperProcess;
  #rest = '';
  #wasReady = false;
  #answers = 0;
  #onReady: () => void = () => {};

  /** @param patienceMs A helper that is not ready after so long never will be. */
  constructor(script: string, listener: LinkListener, patienceMs: number) {
    this.#listener = listener;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#process = startHelper(script, [String(process.pid)], { [COOKIE]: this.#cookie });
    this.#process.onText((text) => this.#take(text));
    // Node may wait for ever, as it starts, for a thread that it could not have (ulimit -u).
    const overdue = setTimeout(() => this.#process.kill(), patienceMs).unref();
    void this.ready.then(() => clearTimeout(overdue));
    void this.#process.ended.then(() => {
      this.#onReady();
      listener.lost(this);
    });
  }

  /** Whether the helper has ever taken requests; when not, none of them was begun. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Whether it has ever answered a request. */
  get worked(): boolean {
    return this.#answers > 0;
  }

  send(request: HelperRequest): void {
    this.#process.write(`${JSON.stringify(request)}\n`);
  }

  /** Whether this program stays alive for the helper's answers. */
  hold(held: boolean): void {
    this.#process.hold(held);
  }

  /** Resolves when whatever a lost helper had begun to start runs under its own name, or will never. */
  settled(): Promise<void> {
    return helpersGone((cookie) => cookie === this.#cookie);
  }

  /** Ends the helper. What it started goes on. */
  async close(): Promise<void> {
    this.#process.end();
    this.#process.hold(true);
    await this.#process.ended;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#answer(JSON.parse(line) as HelperAnswer);
  }

  #answer(answer: HelperAnswer): void {
    if ('ready' in answer) {
      this.#wasReady = true;
      this.#onReady();
    } else {
      this.#answers++;
      this.#listener.answered(answer);
    }
  }
}
