import { execFile } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { NushellNotFoundError } from '../../errors.js';

export interface FindOptions {
  /** Path or name of the binary; nothing else is tried when it is given. */
  readonly binary?: string | undefined;
  /** What a relative `binary` and the lookup of the npm package start from; default the current folder. */
  readonly baseDir?: string | undefined;
  /** Default this process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const EXE = process.platform === 'win32' ? 'nu.exe' : 'nu';
const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform;
/** Package with the real binary, as the npm package `nushell` names it. */
const BINARY_PACKAGE = `@nushell/${PLATFORM}-${process.arch}/bin/${EXE}`;

/**
 * Absolute path of a real Nushell binary: `binary`, else NUFLOW_NU, else `nu` on PATH, else the npm
 * package `nushell` beside `baseDir` or beside nuflow. npm's `nu` is a Node program that costs 40 ms
 * a start; the binary behind it is taken instead. Throws NushellNotFoundError.
 */
export function findNushell(options: FindOptions = {}): string {
  const { env = process.env, baseDir = process.cwd() } = options;
  const named = options.binary ?? (env.NUFLOW_NU || undefined);
  if (named !== undefined) {
    const found = isName(named) ? onPath(named, env) : executable(resolve(baseDir, named));
    if (found === undefined) throw new NushellNotFoundError([named]);
    return behindLauncher(found) ?? found;
  }
  const installed = onPath(EXE, env);
  const real = installed === undefined ? undefined : behindLauncher(installed);
  const found = real ?? fromNpm(join(baseDir, 'package.json')) ?? fromNpm(import.meta.url);
  // A launcher that hides its binary still works, only slower.
  if (found ?? installed) return (found ?? installed) as string;
  throw new NushellNotFoundError(['NUFLOW_NU', 'PATH', `the npm package nushell from ${baseDir}`]);
}

/** Version of a Nushell binary, e.g. `0.115.1`. Rejects when it can't be run. */
export async function nushellVersion(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version']);
  return stdout.trim();
}

function isName(text: string): boolean {
  return !isAbsolute(text) && !/[/\\]/.test(text);
}

function onPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    // Relative entries would make the answer depend on where the program was started.
    const found = isAbsolute(folder) ? executable(join(folder, name)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

/** `path` itself when it is a binary; for a script, the binary its package depends on. */
function behindLauncher(path: string): string | undefined {
  return isScript(path) ? fromPackage(realpathSync(path)) : path;
}

function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  try {
    const fd = openSync(path, 'r');
    readSync(fd, start, 0, start.length, 0);
    closeSync(fd);
  } catch {
    return false; // may be executed but not read, which only a binary can be
  }
  return start.toString('latin1') === '#!';
}

function fromNpm(from: string): string | undefined {
  const launcher = lookup(from, 'nushell/package.json');
  return (launcher && fromPackage(launcher)) ?? fromPackage(from);
}

function fromPackage(from: string): string | undefined {
  const found = lookup(from, BINARY_PACKAGE);
  return found === undefined ? undefined : executable(found);
}

function lookup(from: string, what: string): string | undefined {
  try {
    return createRequire(from).resolve(what);
  } catch {
    return undefined;
  }
}
