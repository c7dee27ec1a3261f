import type { Machine } from './machine.js';
import { runDir } from './machine.js';
import type { Prng } from './prng.js';

/** Runs whose journals were damaged in bytes that were synced. They have to be refused, and left as they are. */
export class Damage {
  readonly #machine: Machine;
  readonly #contents = new Map<string, Buffer>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  has(run: string): boolean {
    return this.#contents.has(run);
  }

  /** Turns a bit over in a journal, in records that later ones claim to have been synced; does nothing when there is none. */
  strike(prng: Prng): void {
    const run = prng.pick([...this.#machine.witness.runs].filter((it) => !this.has(it)));
    const file = run === undefined ? undefined : this.#machine.disk.file(path(run));
    const length = file === undefined ? 0 : claimedLength(file.content.toString('utf8'));
    if (run === undefined || file === undefined || length === 0) return;
    const at = prng.between(0, length - 1);
    this.#machine.note(() => `DAMAGE to ${run}, byte ${at}`);
    this.#machine.figures.damages++;
    this.#machine.witness.forget(run);
    file.damage(at, prng.between(0, 7));
    this.#contents.set(run, Buffer.from(file.content));
  }

  /** Sees that nobody touched them. */
  check(): void {
    for (const [run, content] of this.#contents)
      if (!this.#machine.disk.file(path(run))?.content.equals(content))
        this.#machine.violate(`${run}: a damaged journal was changed`);
  }
}

function path(run: string): string {
  return `${runDir(run)}/journal.ndjson`;
}

/** Bytes of the records of which a later one says that they were synced. */
function claimedLength(text: string): number {
  const lines = text.split('\n');
  const claimed = Math.max(0, ...lines.map((line) => Number(CLAIM.exec(line)?.[1] ?? 0)));
  return Buffer.byteLength(
    lines
      .slice(0, claimed)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

const CLAIM = /"durable":(\d+),"crc":"[0-9a-f]{8}"}$/;
