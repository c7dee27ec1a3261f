import { posix } from 'node:path';
import { type Import, importsOf, withoutComments } from './imports.js';
import {
  AREAS,
  type Area,
  IMPURE,
  LATE_PACKAGES,
  MAX_LINES,
  PACKAGES,
  PURE,
  PURE_BUILT_INS,
} from './layout.js';

const ANY = /(?:[:<|&,(=]|\bas|\bextends)\s*any\b/;
const EXEMPTION = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/;

/** Every place where source files break the layout, as `file: why`. Keys are paths below `src/`. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const found = [...files].flatMap(([file, text]) => {
    const imports = importsOf(text);
    return [
      ...imports.flatMap((it) => [importViolation(file, it), impureImport(file, it)]),
      ...textViolations(file, text),
    ]
      .filter((why) => why !== undefined)
      .map((why) => `${file}: ${why}`);
  });
  return [...found, ...circles(files)];
}

function importViolation(file: string, it: Import): string | undefined {
  const { specifier, typeOnly } = it;
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) return packageViolation(file, it);
  const target = resolved(file, specifier);
  const from = areaOf(file);
  const to = areaOf(target);
  if (from === undefined) return 'is in no area of the layout';
  if (to === undefined) return `imports ${target}, which is in no area of the layout`;
  if (from === to || from.imports.includes(to.name)) return undefined;
  if (!from.types?.includes(to.name)) return `${from.name} may not import ${to.name} (${target})`;
  return typeOnly ? undefined : `${from.name} may import only types of ${to.name} (${target})`;
}

function packageViolation(file: string, it: Import): string | undefined {
  const { specifier, typeOnly, dynamic } = it;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const importer = PACKAGES[name];
  if (importer === undefined) return `imports ${specifier}, which is not a dependency we chose`;
  if (!typeOnly && dynamic !== true && LATE_PACKAGES.includes(name))
    return `imports more than types of ${name}, which lazy-import.ts loads when it is needed`;
  return importer.test(file) ? undefined : `may not import ${name}; only ${importer.source} may`;
}

function impureImport(file: string, { specifier }: Import): string | undefined {
  if (!PURE.test(file) || !specifier.startsWith('node:')) return undefined;
  return PURE_BUILT_INS.includes(specifier) ? undefined : `is pure, but imports ${specifier}`;
}

function textViolations(file: string, text: string): (string | undefined)[] {
  const code = withoutComments(text);
  const lines = code.split('\n').filter((line) => line.trim() !== '').length;
  const impure = PURE.test(file) ? IMPURE.exec(code)?.[0] : undefined;
  return [
    lines > MAX_LINES ? `has ${lines} lines of code, more than ${MAX_LINES}` : undefined,
    impure === undefined ? undefined : `is pure, but uses ${impure}`,
    ANY.test(code) ? `uses any` : undefined,
    EXEMPTION.test(text) ? `has an exemption: ${EXEMPTION.exec(text)?.[0]}` : undefined,
  ];
}

/** Files that import each other at run time: the one that is loaded first sees a hole. */
function circles(files: ReadonlyMap<string, string>): string[] {
  const left = new Map([...files].map(([file, text]) => [file, runtimeTargets(file, text)]));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    const targets = new Set([...left.values()].flat());
    for (const [file, its] of left)
      if (!targets.has(file) || !its.some((target) => left.has(target))) left.delete(file);
  }
  return left.size === 0 ? [] : [`${[...left.keys()].join(', ')}: form an import cycle`];
}

function runtimeTargets(file: string, text: string): string[] {
  return importsOf(text)
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
    .map(({ specifier }) => resolved(file, specifier));
}

function resolved(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function areaOf(file: string): Area | undefined {
  return AREAS.find(({ files }) => files.test(file));
}
