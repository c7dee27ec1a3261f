import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { execa } from 'execa';

/** Open file descriptors. */
export type Stdio = readonly [stdin: number, stdout: number, stderr: number];

/** A program to start. Nothing in it goes through a shell. */
export interface ProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** The caller closes them after. */
  readonly stdio: Stdio;
}

/** How a process ended: by itself, by a signal, or without having begun. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'notStarted'; readonly errno: string; readonly reason: string };

export interface StartedProcess {
  /** Undefined when it could not be started; `ended` then says why. */
  readonly pid: number | undefined;
  /** The end of this very process; its descendants don't count. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Lets this process end before that one does. */
  readonly detach: () => void;
}

/**
 * Starts a program in a process group of its own, its stdio on files. Adapts execa, with everything
 * off that would tie the program to this process: pipes (a descendant holding one would delay the
 * end), buffering, clean-up on exit, the inherited environment. Never throws.
 */
export function startProcess(options: ProcessOptions): StartedProcess {
  const { file, args, cwd, env, stdio } = options;
  // Execa's types name the descriptors up to 9 only; it hands any on to Node as it is.
  const [stdin, stdout, stderr] = stdio as readonly [3, 3, 3];
  const failure = new SpawnFailure();
  try {
    const subprocess = failure.during(() =>
      execa(file, args, {
        cwd,
        env,
        extendEnv: false,
        stdin,
        stdout,
        stderr,
        detached: true,
        buffer: false,
        cleanup: false,
        reject: false,
      }),
    );
    const detach = (): void => subprocess.unref();
    return { pid: subprocess.pid, ended: subprocess.then(endOf, notStarted), detach };
  } catch (error) {
    const ended = failure.emitted().then((cause) => notStarted(cause ?? error));
    return { pid: undefined, ended, detach: () => {} };
  }
}

interface ExecaEnd {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly cause?: unknown;
}

function endOf({ exitCode, signal, cause }: ExecaEnd): ProcessEnd {
  if (exitCode !== undefined) return { kind: 'exited', exitCode };
  if (signal !== undefined) return { kind: 'signalled', signal };
  return notStarted(cause);
}

function notStarted(error: unknown): ProcessEnd {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return { kind: 'notStarted', errno: code ?? 'UNKNOWN', reason: message ?? String(error) };
}

/**
 * When a process can't be made for want of descriptors (EMFILE, ENFILE), Node returns a child without
 * streams and emits the error later; execa trips over the first and nobody hears the second, which
 * would end the whole program as an uncaught error. Node announces every new child: listen there.
 */
class SpawnFailure {
  #error: Error | undefined;

  readonly #onChild = (message: unknown): void => {
    const { process: child } = message as { process: NodeJS.EventEmitter };
    child.on('error', (error: Error) => {
      this.#error = error;
    });
  };

  during<T>(start: () => T): T {
    subscribe('child_process', this.#onChild);
    try {
      return start();
    } finally {
      unsubscribe('child_process', this.#onChild);
    }
  }

  /** What the child reported, one turn of the event loop later. */
  emitted(): Promise<Error | undefined> {
    return new Promise((resolve) => setImmediate(() => resolve(this.#error)));
  }
}
