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

const BASE = ['errors', 'late', 'definition', 'world'];
const PARTS = [...BASE, 'secrets', 'records', 'journal', 'dag', 'queue', 'runners', 'events'];

/** The first area whose `files` match is the file's. */
export const AREAS: readonly Area[] = [
  { name: 'errors', files: /^(errors|installation-error)\.ts$/, imports: [] },
  { name: 'late', files: /^late\.ts$/, imports: ['errors'] },
  { name: 'definition', files: /^definition\//, imports: ['errors', 'late'] },
  { name: 'secrets', files: /^secrets\//, imports: ['errors', 'definition'] },
  { name: 'world', files: /^world\//, imports: ['errors', 'late'] },
  {
    name: 'records',
    files: /^journal\/(record|state|task-states|reduce|summary)\.ts$/,
    imports: ['errors', 'late', 'definition'],
    types: ['world'],
  },
  { name: 'journal', files: /^journal\//, imports: [...BASE, 'records'] },
  { name: 'dag', files: /^dag\//, imports: ['errors', 'definition', 'records'] },
  { name: 'queue', files: /^queue\//, imports: BASE, types: ['records'] },
  { name: 'runners', files: /^runners\//, imports: [...BASE, 'secrets'], types: ['records'] },
  { name: 'events', files: /^events\.ts$/, imports: ['errors', 'definition', 'records'] },
  { name: 'run', files: /^run\//, imports: PARTS },
  {
    name: 'orchestrator',
    files: /^(orchestrator|inspect)(-[a-z-]+)?\.ts$/,
    imports: [...PARTS, 'run'],
  },
  {
    name: 'workflow-file',
    files: /^workflow-file\.ts$/,
    imports: ['errors', 'late', 'definition', 'dag'],
  },
  {
    name: 'index',
    files: /^index\.ts$/,
    imports: [...PARTS, 'run', 'orchestrator', 'workflow-file'],
  },
];

/** Third-party packages, and the files that may import each: one place knows each package. */
export const PACKAGES: Readonly<Record<string, RegExp>> = {
  zod: /./,
  'p-queue': /^queue\/p-queue-executor\.ts$/,
  execa: /^runners\/process\.ts$/,
  '@dagrejs/graphlib': /^dag\/graph\.ts$/,
  lowdb: /^journal\/(run-index|index-file)\.ts$/,
  eventemitter3: /^events\.ts$/,
  yaml: /^definition\/files\/(parse-yaml|yaml-depth)\.ts$/,
};

/** Packages too heavy to be loaded with the library: of them only types are imported, the rest comes through late.ts. */
export const LATE_PACKAGES = ['zod', 'execa', 'yaml'];

/** Code without I/O, clock or chance: the same records always give the same state and decisions. */
export const PURE =
  /^(definition|secrets|dag)\/|^journal\/(record|state|task-states|reduce|summary|codec|encode-start)\.ts$/;
/** What pure code may have of Node: computations. */
export const PURE_BUILT_INS = ['node:zlib', 'node:crypto', 'node:util'];
export const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\brandom(?:UUID|Bytes|Int)\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.|\bconsole\.|\bfetch\(/;

/** Lines of code in a file, blank lines and comments not counted. */
export const MAX_LINES = 300;
