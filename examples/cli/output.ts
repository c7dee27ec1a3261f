import { once } from 'node:events';

/** Whoever read our output went away, as `head` does; there is no more to do, and nothing is wrong. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

let closed = false;

/** A reader that goes away must not end a run: without a listener the error would be thrown. */
export function survivesClosedPipes(): void {
  process.stdout.on('error', () => {
    closed = true;
  });
  process.stderr.on('error', () => {});
}

/** Writes data, no faster than it is read. Throws OutputClosedError. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (closed) throw new OutputClosedError();
  if (process.stdout.write(data)) return;
  await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(
    () => {},
  );
}

/** Writes a line of JSON. Throws OutputClosedError. */
export function writeJson(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value)}\n`);
}

/** Resolves when everything written has left, or can't. */
export async function closeOutput(): Promise<void> {
  if (!closed) await new Promise((resolve) => process.stdout.write('', resolve));
}
