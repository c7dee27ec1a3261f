import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The two ends of a pipe, as descriptors that the caller closes. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

const { O_RDONLY, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Makes pipes by mkfifo(1). The pipes that Node makes are sockets, which a program can't open again by name
 * (`echo … > /dev/stderr`), so that it would fail only where it is given a secret. They have names in `folder` until this
 * resolves. Rejects when they can't be made.
 */
export async function makePipes<Name extends string>(
  folder: string,
  ...names: readonly Name[]
): Promise<Readonly<Record<Name, Pipe>>> {
  const paths = names.map((name) => join(folder, name));
  const open: number[] = [];
  const opened = (path: string, flags: number): number => {
    open.push(openSync(path, flags));
    return open.at(-1) as number;
  };
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
    // Without waiting for a writer; then there is a reader, so that the other end does not wait either.
    const pipes = names.map((name, i): [Name, Pipe] => {
      const path = paths[i] as string;
      return [name, { read: opened(path, O_RDONLY | O_NONBLOCK), write: opened(path, O_WRONLY) }];
    });
    return Object.fromEntries(pipes) as Record<Name, Pipe>;
  } catch (error) {
    for (const fd of open) closeSync(fd);
    throw error;
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}
