import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where Nushell looks for what a text names. */
export interface Lookup {
  /** Absolute; for a file's own text its folder. */
  readonly folder: string;
  /** Absolute, in order. */
  readonly includePaths: readonly string[];
}

/** More, and looking at all of them before each task would cost more than it saves. */
const MAX_FILES = 500;

// At the beginning of a statement only: in the middle of one they are words like any other.
const STATEMENT =
  /(?:^|[;{(|])[ \t]*(?:export[ \t]+|overlay[ \t]+)?(?:use|module|source(?:-env)?)[ \t]+(?:-[\w-]+[ \t]+)*(?:r(#+)'(.*?)'\1|(["'`])(.*?)\3|([^\s;|(){}[\]#"'`]+)|)/gm;

/**
 * The files a Nushell program is parsed from, as they were when they were listed: what `use`, `overlay use`,
 * `module`, `source` and `source-env` name, and what the files so found name in turn. Places where a file
 * that is not there would be found first count as well.
 */
export class SourceFiles {
  readonly #stamps: ReadonlyMap<string, string>;

  private constructor(stamps: ReadonlyMap<string, string>) {
    this.#stamps = stamps;
  }

  /** Undefined when not all can be told: a name is made from constants, or there are too many. */
  static of(text: string, lookup: Lookup): SourceFiles | undefined {
    const stamps = new Map<string, string>();
    const texts = [{ text, lookup }];
    for (let next = texts.pop(); next !== undefined; next = texts.pop()) {
      const names = namesIn(next.text);
      if (names === undefined) return undefined;
      for (const place of names.flatMap((name) => placesOf(name, next.lookup))) {
        if (stamps.has(place)) continue;
        if (stamps.size >= MAX_FILES) return undefined;
        // Before it is read: what changes meanwhile must be seen as changed.
        stamps.set(place, stampOf(place));
        texts.push({ text: textOf(place), lookup: { ...lookup, folder: dirname(place) } });
      }
    }
    return new SourceFiles(stamps);
  }

  /** Whether all are as they were: by time of change, size and inode. */
  get areUnchanged(): boolean {
    for (const [path, stamp] of this.#stamps) if (stampOf(path) !== stamp) return false;
    return true;
  }
}

/** What the statements of a text name; undefined when one can't be told. */
function namesIn(text: string): string[] | undefined {
  const names: string[] = [];
  for (const [, , raw, quote, quoted, bare] of text.matchAll(STATEMENT)) {
    const name = raw ?? quoted ?? bare;
    const isPlain = raw !== undefined || (quote === '"' ? !quoted?.includes('\\') : true);
    if (name === undefined || !isPlain || (bare !== undefined && /^[$~]/.test(bare)))
      return undefined;
    names.push(name);
  }
  return names;
}

/** Where what a statement names may be: a file, one without its ending, a folder that is a module; in each folder. */
function placesOf(name: string, { folder, includePaths }: Lookup): string[] {
  return [folder, ...includePaths].flatMap((from) => {
    const path = resolve(from, name);
    return path.endsWith('.nu') ? [path] : [path, `${path}.nu`, join(path, 'mod.nu')];
  });
}

function stampOf(path: string): string {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || found.isDirectory()) return 'no file';
    return `${found.mtimeNs} ${found.size} ${found.ino}`;
  } catch {
    return 'no file';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^[ \t]*#.*$/gm, '');
  } catch {
    return '';
  }
}
