/**
 * The layout of `src/` as ARCHITECTURE.md gives it: what each area may import. Imports go one way, so
 * an area may name only areas above it.
 *
 * `types` are areas of which it may know types only.
 */
export interface Area {
  readonly name: string;
  readonly files: RegExp;
  readonly imports: readonly string[];
  readonly types?: readonly string[];
}

const BASE = ['errors', 'lazy-import', 'definition', 'platform'];
const BELOW_ENGINE = [
  ...BASE,
  'secrets',
  'dag',
  'records',
  'journal',
  'scheduler',
  'queue',
  'runners',
  'events',
];

/** The first area whose `files` match is the file's. */
export const AREAS: readonly Area[] = [
  { name: 'errors', files: /^(errors|installation-error)\.ts$/, imports: [] },
  { name: 'lazy-import', files: /^lazy-import\.ts$/, imports: ['errors'] },
  { name: 'definition', files: /^definition\//, imports: ['errors', 'lazy-import'] },
  { name: 'secrets', files: /^secrets\//, imports: ['errors', 'definition'] },
  { name: 'platform', files: /^platform\//, imports: ['errors', 'lazy-import'] },
  { name: 'dag', files: /^dag\//, imports: ['errors', 'definition'] },
  {
    name: 'records',
    files: /^journal\/records\//,
    imports: ['errors', 'lazy-import', 'definition'],
    types: ['platform'],
  },
  { name: 'journal', files: /^journal\//, imports: [...BASE, 'records'] },
  { name: 'scheduler', files: /^scheduler\//, imports: ['errors', 'definition', 'dag', 'records'] },
  { name: 'queue', files: /^queue\//, imports: BASE, types: ['records'] },
  { name: 'runners', files: /^runners\//, imports: [...BASE, 'secrets'], types: ['records'] },
  { name: 'events', files: /^events\.ts$/, imports: ['errors', 'definition', 'records'] },
  { name: 'engine', files: /^engine\//, imports: BELOW_ENGINE },
  { name: 'runtime', files: /^runtime\//, imports: [...BELOW_ENGINE, 'engine'] },
  { name: 'inspect', files: /^inspect\.ts$/, imports: [...BELOW_ENGINE, 'engine', 'runtime'] },
  {
    name: 'workflow-file',
    files: /^workflow-file\.ts$/,
    imports: ['errors', 'lazy-import', 'definition', 'dag'],
  },
  {
    name: 'index',
    files: /^index\.ts$/,
    imports: [...BELOW_ENGINE, 'engine', 'runtime', 'workflow-file'],
  },
];

/** Third-party packages, and the files that may import each: one place knows each package. */
export const PACKAGES: Readonly<Record<string, RegExp>> = {
  zod: /./,
  'p-queue': /^queue\/p-queue-executor\.ts$/,
  execa: /^runners\/process\/process\.ts$/,
  '@dagrejs/graphlib': /^dag\/graph\.ts$/,
  lowdb: /^journal\/catalog\/(run-index|index-file)\.ts$/,
  eventemitter3: /^events\.ts$/,
  yaml: /^definition\/files\/(parse-yaml|yaml-depth)\.ts$/,
};

/** Packages too heavy to be loaded with the library: of them only types are imported, the rest comes through lazy-import.ts. */
export const LATE_PACKAGES = ['zod', 'execa', 'yaml'];

/** Code without I/O, clock or chance: the same records always give the same state and decisions. */
export const PURE =
  /^(definition|secrets|dag|scheduler|journal\/records)\/|^journal\/file\/(codec|encode-start)\.ts$/;
/** What pure code may have of Node: computations. */
export const PURE_BUILT_INS = ['node:zlib', 'node:crypto', 'node:util'];
export const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\brandom(?:UUID|Bytes|Int)\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.|\bconsole\.|\bfetch\(/;

/** Lines of code in a file, blank lines and comments not counted. */
export const MAX_LINES = 300;
