import { fileURLToPath } from 'node:url';
import { MUTANTS } from './catalog.js';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** A vite plugin that puts a mutant's bug into the source file as it is loaded; the file itself stays as it is. Throws when the text is not there, once. */
export function mutantPlugin(name: string) {
  const mutant = MUTANTS.find((it) => it.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${JSON.stringify(name)}`);
  return {
    name: 'mutant',
    enforce: 'pre' as const,
    transform(code: string, id: string): string | undefined {
      if (id.split('?')[0] !== `${SRC}${mutant.file}`) return undefined;
      return mutated(code, mutant.from, mutant.to);
    },
  };
}

/** The text with the bug in it. */
export function mutated(code: string, from: string, to: string): string {
  const parts = code.split(from);
  if (parts.length !== 2)
    throw new Error(`the text to change is there ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}
