import { createLogUpdate } from 'log-update';
import type { Run, RunEvent } from 'nuflow';
import { eventLines } from './describe.js';
import { follow, type LiveRun, liveText } from './live-view.js';
import { messageText } from './messages.js';
import type { TimeOptions } from './text.js';

/** Shows runs to a person, on stderr. */
export interface ProgressView {
  /** A run's event. */
  show(run: Run<unknown>, event: RunEvent): void;
  /** Says something beside the runs. */
  tell(message: string): void;
  /** Leaves the terminal as it should be. */
  close(): void;
}

export interface ProgressOptions extends TimeOptions {
  /** Show nothing. */
  readonly quiet?: boolean | undefined;
  /** Show what tasks print. */
  readonly logs?: boolean | undefined;
}

/** A view that redraws itself when stderr is a terminal, plain lines when not. */
export function progressView(options: ProgressOptions): ProgressView {
  if (options.quiet) return new QuietView();
  const live = process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
  return live ? new LiveView(options) : new PlainView(options);
}

class QuietView implements ProgressView {
  show(_run: Run<unknown>, _event: RunEvent): void {}
  tell(message: string): void {
    process.stderr.write(`${messageText(message)}\n`);
  }
  close(): void {}
}

class PlainView extends QuietView {
  readonly #options: ProgressOptions;
  readonly #seen = new Set<string>();

  constructor(options: ProgressOptions) {
    super();
    this.#options = options;
  }

  override show(run: Run<unknown>, event: RunEvent): void {
    this.#seen.add(run.id);
    if (event.type === 'task.output' && !this.#options.logs) return;
    if (event.type === 'task.spawned') return;
    const from = this.#seen.size > 1 ? `${run.id} ` : '';
    for (const line of eventLines(event, this.#options)) this.tell(`${from}${line}`);
  }
}

const STAYING: ReadonlySet<RunEvent['type']> = new Set([
  'task.failed',
  'task.retryScheduled',
  'task.interrupted',
  'task.decided',
  'listener.failed',
]);

/** Milliseconds between two drawings. */
const REDRAW_MS = 100;

class LiveView implements ProgressView {
  readonly #options: ProgressOptions;
  readonly #log = createLogUpdate(process.stderr);
  readonly #runs = new Map<string, LiveRun & { readonly running: Parameters<typeof follow>[0] }>();
  readonly #timer = setInterval(() => this.#draw(), REDRAW_MS);
  /** Said since the last drawing. */
  #said: string[] = [];

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  show(run: Run<unknown>, event: RunEvent): void {
    const live = this.#runs.get(run.id) ?? {
      id: run.id,
      progress: () => run.progress(),
      running: new Map(),
    };
    this.#runs.set(run.id, live);
    follow(live.running, event);
    if (this.#stays(event)) this.#said.push(...eventLines(event, this.#options));
    if (event.type === 'run.finished') this.#runs.delete(run.id);
  }

  tell(message: string): void {
    this.#said.push(messageText(message));
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#log.clear();
    this.#sayWhatWaits();
    this.#log.done();
  }

  /** What a person wants to be able to scroll back to. */
  #stays({ type }: RunEvent): boolean {
    if (type === 'task.output') return this.#options.logs === true;
    return STAYING.has(type);
  }

  #draw(): void {
    const { rows = 24, columns = 80 } = process.stderr;
    const text = liveText([...this.#runs.values()], Date.now(), { rows, columns });
    if (text === '' || this.#said.length > 0) this.#log.clear();
    this.#sayWhatWaits();
    if (text !== '') this.#log(text);
  }

  /** Where the live part was, which was cleared. */
  #sayWhatWaits(): void {
    if (this.#said.length > 0) process.stderr.write(`${this.#said.join('\n')}\n`);
    this.#said = [];
  }
}
