import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type * as Execa from 'execa';
import { lazyImport } from '../../lazy-import.js';
import { isDescriptorShortage } from '../../platform/descriptors.js';
import type { Stdio } from '../attempt-files.js';
import { withoutInherited } from './inherited-descriptors.js';

const execaAtOnce = lazyImport<typeof Execa>('execa');
let imported: typeof Execa | undefined;

function execa(): typeof Execa {
  return imported ?? execaAtOnce();
}

/**
 * Loads what starting a process takes; a start does so itself where it can, but not every Node can load such
 * a package while somebody waits (`--no-experimental-require-module`). Rejects when it can't be loaded.
 */
export async function readyToStart(): Promise<void> {
  try {
    execa();
  } catch (error) {
    if (isDescriptorShortage(error)) throw error;
    imported = await import('execa');
  }
}

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

/** How a process ended. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  /** `path`: the file or folder of the attempt that could not be made; without one it is the program that could not be started. */
  | {
      readonly kind: 'notStarted';
      readonly errno: string;
      readonly reason: string;
      readonly path?: string | undefined;
    }
  /** Nobody who could know how was there when it ended. */
  | { readonly kind: 'unseen' };

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
  const failure = new SpawnFailure();
  try {
    const start = (all: readonly (number | 'ignore')[]) =>
      execa().execa(file, args, {
        cwd,
        env,
        extendEnv: false,
        // Execa's types name the descriptors up to 9 only; it hands any on to Node as it is.
        stdio: all as [3, 3, 3, ...'ignore'[]],
        detached: true,
        buffer: false,
        cleanup: false,
        reject: false,
      });
    const subprocess = failure.during(() => withoutInherited(stdio, start));
    const detach = (): void => subprocess.unref();
    return { pid: subprocess.pid, ended: subprocess.then(endOf, notStarted), detach };
  } catch (error) {
    const ended = failure.emitted().then((cause) => notStarted(cause ?? error));
    return { pid: undefined, ended, detach: () => {} };
  }
}

/** A program of ours that runs beside this one and talks over its standard input and output. */
export interface HelperProcess {
  /** Resolves when it is gone, or could not be started, and all it wrote was handed on. Never rejects. */
  readonly ended: Promise<void>;
  /** What it writes, as it comes. */
  onText(listener: (text: string) => void): void;
  /** Lost without a word when it is gone. */
  write(text: string): void;
  /** Ends its standard input. */
  end(): void;
  /** Whether this program stays alive for it; not, to begin with. */
  hold(held: boolean): void;
  /** Ends it at once. */
  kill(): void;
}

/** V8 with next to no room for garbage, and no optimized code: the less memory a process has, the quicker it forks. */
const SMALL = ['--max-semi-space-size=1', '--v8-pool-size=0', '--no-opt'];

/** Starts a script of ours in a session of its own, so that no Ctrl-C reaches it. Never throws. */
export function startHelper(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): HelperProcess {
  const failure = new SpawnFailure();
  try {
    const subprocess = failure.during(() =>
      execa().execa(process.execPath, [...SMALL, script, ...args], {
        cwd: '/',
        // For Electron, whose binary is not Node unless it is told.
        env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
        extendEnv: false,
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'ignore',
        detached: true,
        buffer: false,
        cleanup: false,
        reject: false,
      }),
    );
    return new ExecaHelper(
      subprocess,
      subprocess.then(() => {}),
    );
  } catch {
    return { ended: failure.emitted().then(() => {}), ...NOBODY };
  }
}

const NOBODY = { onText() {}, write() {}, end() {}, hold() {}, kill() {} };

type HelperSubprocess = Pick<
  Execa.ResultPromise<{ stdin: 'pipe'; stdout: 'pipe' }>,
  'stdin' | 'stdout' | 'ref' | 'unref' | 'kill'
>;

class ExecaHelper implements HelperProcess {
  readonly ended: Promise<void>;
  readonly #subprocess: HelperSubprocess;

  constructor(subprocess: HelperSubprocess, ended: Promise<void>) {
    this.#subprocess = subprocess;
    this.ended = ended;
    subprocess.stdin.on('error', () => {}); // it is gone: `ended` says so
    subprocess.stdout.setEncoding('utf8');
    this.hold(false);
  }

  onText(listener: (text: string) => void): void {
    this.#subprocess.stdout.on('data', listener);
  }

  write(text: string): void {
    this.#subprocess.stdin.write(text);
  }

  end(): void {
    this.#subprocess.stdin.end();
  }

  kill(): void {
    this.#subprocess.kill('SIGKILL');
  }

  hold(held: boolean): void {
    const { stdin, stdout } = this.#subprocess;
    for (const handle of [this.#subprocess, stdin, stdout] as Holdable[]) {
      if (held) handle.ref?.();
      else handle.unref?.();
    }
  }
}

/** Pipes are sockets, which the types don't say. */
interface Holdable {
  ref?(): void;
  unref?(): void;
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

/** The end of what an error kept from beginning. */
export function notStarted(error: unknown): ProcessEnd {
  const { code, message, syscall, path } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const isOfProgram = syscall === undefined || syscall.startsWith('spawn');
  return {
    kind: 'notStarted',
    errno: code ?? 'UNKNOWN',
    reason: message ?? String(error),
    ...(isOfProgram || path === undefined ? {} : { path }),
  };
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
