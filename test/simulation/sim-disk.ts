import type { Prng } from './prng.js';
import { SimFile } from './sim-file.js';

type Node = SimFile | SimFolder;

/** Names that change together: a rename inside a folder takes one and gives another at once. */
interface Change {
  readonly stamp: number;
  readonly set: readonly (readonly [name: string, node: Node])[];
  readonly drop: readonly string[];
}

/** A folder's names as programs see them, and as they are on disk. */
export class SimFolder {
  names = new Map<string, Node>();
  #onDisk = new Map<string, Node>();
  #pending: Change[] = [];
  #stamp = 0;

  change(set: Change['set'], drop: Change['drop'] = []): void {
    this.#stamp++;
    const change = { stamp: this.#stamp, set, drop };
    this.#pending.push(change);
    apply(this.names, change);
  }

  /** What a sync asked for now will make durable. */
  get stamp(): number {
    return this.#stamp;
  }

  finishSync(stamp: number): void {
    for (const change of this.#pending) if (change.stamp <= stamp) apply(this.#onDisk, change);
    this.#pending = this.#pending.filter((change) => change.stamp > stamp);
  }

  /** Whether the name will be there after any crash, standing for this node. */
  isDurable(name: string, node: Node): boolean {
    return (
      this.#onDisk.get(name) === node && this.#pending.every((change) => !touches(change, name))
    );
  }

  /** Unsynced names are on disk or not: those asked for first, or any. */
  crash(prng: Prng): void {
    const kept = prng.chance(0.5) ? prng.between(0, this.#pending.length) : undefined;
    this.#pending
      .filter((_, index) => (kept === undefined ? prng.chance(0.5) : index < kept))
      .forEach((change) => {
        apply(this.#onDisk, change);
      });
    this.#pending = [];
    this.names = new Map(this.#onDisk);
    for (const node of this.names.values()) node.crash(prng);
  }
}

function apply(names: Map<string, Node>, { set, drop }: Change): void {
  for (const name of drop) names.delete(name);
  for (const [name, node] of set) names.set(name, node);
}

function touches({ set, drop }: Change, name: string): boolean {
  return drop.includes(name) || set.some(([other]) => other === name);
}

/** A disk: folders and files, each as it seems and as it is. Paths are absolute. */
export class SimDisk {
  readonly root = new SimFolder();

  node(path: string): Node | undefined {
    let at: Node | undefined = this.root;
    for (const name of partsOf(path)) at = at instanceof SimFolder ? at.names.get(name) : undefined;
    return at;
  }

  file(path: string): SimFile | undefined {
    const node = this.node(path);
    return node instanceof SimFile ? node : undefined;
  }

  /** Throws ENOENT, ENOTDIR. */
  folder(path: string): SimFolder {
    const node = this.node(path);
    if (node instanceof SimFolder) return node;
    throw systemError(node === undefined ? 'ENOENT' : 'ENOTDIR', path);
  }

  /** The folder that holds a path's last name, and that name. */
  place(path: string): { readonly folder: SimFolder; readonly name: string } {
    const parts = partsOf(path);
    const name = parts.pop() ?? '';
    return { folder: this.folder(`/${parts.join('/')}`), name };
  }

  /** False when there is such a folder already. */
  makeFolder(path: string): boolean {
    const { folder, name } = this.place(path);
    const there = folder.names.get(name);
    if (there instanceof SimFile) throw systemError('EEXIST', path);
    if (there !== undefined) return false;
    folder.change([[name, new SimFolder()]]);
    return true;
  }

  rename(from: string, to: string): void {
    const source = this.place(from);
    const target = this.place(to);
    const node = source.folder.names.get(source.name);
    if (node === undefined) throw systemError('ENOENT', from);
    const isInside = source.folder === target.folder;
    target.folder.change([[target.name, node]], isInside ? [source.name] : []);
    if (!isInside) source.folder.change([], [source.name]);
  }

  /** What of a file is sure to survive any crash; nothing when its name might not. */
  durable(path: string): Buffer {
    let at: Node = this.root;
    for (const name of partsOf(path)) {
      if (!(at instanceof SimFolder)) return NOTHING;
      const next = at.names.get(name);
      if (next === undefined || !at.isDurable(name, next)) return NOTHING;
      at = next;
    }
    return at instanceof SimFile ? at.durable : NOTHING;
  }

  crash(prng: Prng): void {
    this.root.crash(prng);
  }
}

const NOTHING = Buffer.alloc(0);

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** An error as the system gives it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path} (simulated)`), { code });
}
