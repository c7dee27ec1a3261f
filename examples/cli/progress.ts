import { createLogUpdate } from 'log-update';
import type { Run, RunEvent } from 'nuflow';
import { eventLine } from './describe.js';
import { follow, type LiveRun, liveText } from './live-view.js';

/** Shows runs to a person, on stderr. */
export interface ProgressView {
  /** A run's event. */
  show(run: Run<unknown>, event: RunEvent): void;
  /** Says something beside the runs. */
  tell(line: string): void;
  /** Leaves the terminal as it should be. */
  close(): void;
}

export interface ProgressOptions {
  /** Show nothing. */
  readonly quiet?: boolean | undefined;
  /** Show what tasks print. */
  readonly output?: boolean | undefined;
}

/** A view that redraws itself when stderr is a terminal, plain lines when not. */
export function progressView({ quiet, output = false }: ProgressOptions): ProgressView {
  if (quiet) return new QuietView();
  const live = process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.CI;
  return live ? new LiveView(output) : new PlainView(output);
}

class QuietView implements ProgressView {
  show(_run: Run<unknown>, _event: RunEvent): void {}
  tell(line: string): void {
    process.stderr.write(`${line}\n`);
  }
  close(): void {}
}

class PlainView extends QuietView {
  readonly #output: boolean;
  readonly #seen = new Set<string>();

  constructor(output: boolean) {
    super();
    this.#output = output;
  }

  override show(run: Run<unknown>, event: RunEvent): void {
    this.#seen.add(run.id);
    if (event.type === 'task.output' && !this.#output) return;
    if (event.type === 'task.spawned') return;
    this.tell(`${this.#seen.size > 1 ? `${run.id} ` : ''}${eventLine(event)}`);
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
  readonly #output: boolean;
  readonly #log = createLogUpdate(process.stderr);
  readonly #runs = new Map<string, LiveRun & { readonly running: Parameters<typeof follow>[0] }>();
  readonly #timer = setInterval(() => this.#draw(), REDRAW_MS);

  constructor(output: boolean) {
    this.#output = output;
  }

  show(run: Run<unknown>, event: RunEvent): void {
    const live = this.#runs.get(run.id) ?? {
      id: run.id,
      progress: () => run.progress(),
      running: new Map(),
    };
    this.#runs.set(run.id, live);
    follow(live.running, event);
    if (this.#stays(event)) this.tell(eventLine(event));
    if (event.type === 'run.finished') {
      this.#runs.delete(run.id);
      this.tell(`${run.id} ${event.status}`);
    }
  }

  tell(line: string): void {
    this.#log.clear();
    process.stderr.write(`${line}\n`);
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#log.clear();
    this.#log.done();
  }

  /** What a person wants to be able to scroll back to. */
  #stays({ type }: RunEvent): boolean {
    if (type === 'task.output') return this.#output;
    return STAYING.has(type);
  }

  #draw(): void {
    const text = liveText([...this.#runs.values()], Date.now(), process.stderr.rows ?? 24);
    if (text === '') this.#log.clear();
    else this.#log(text);
  }
}
