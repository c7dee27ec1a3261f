import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { InstallationError } from './installation-error.js';

/**
 * Packages that weigh more than all of nuflow (zod and execa are two hundred files) are loaded when they are
 * first needed, and at once then, since definitions are checked while nobody waits. Whoever only looks at
 * runs, or asks a program for its help, never loads them.
 */

/** A package, loaded by the first call. Throws what keeps it from being loaded. */
export function lazyImport<T>(specifier: string): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= load(specifier) as T;
    return loaded;
  };
}

/** The very module that `import` gives the user's program; the package's other form where Node can't give that at once. */
function load(specifier: string): unknown {
  const requireFrom = requireFromHere();
  assertDescriptors();
  try {
    return requireFrom(fileURLToPath(import.meta.resolve(specifier)));
  } catch {
    return loadOtherForm(requireFrom, specifier);
  }
}

/** One for a file, two for what other threads do meanwhile. */
const DESCRIPTORS = 3;

/**
 * Throws when no more files can be opened (EMFILE, ENFILE). Node remembers a module that could not be read for that as broken, for
 * as long as the process lives; so it is not asked.
 */
function assertDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync(devNull, 'r'));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function loadOtherForm(requireFrom: NodeJS.Require, specifier: string): unknown {
  try {
    return requireFrom(specifier);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new InstallationError(`the package ${specifier} is not beside it`, { cause });
  }
}

/** Bundlers leave a module without its URL (CommonJS), or replace createRequire by nothing (webpack). */
function requireFromHere(): NodeJS.Require {
  const here = import.meta.url as string | undefined;
  const made = here && (createRequire(here) as NodeJS.Require | undefined);
  if (!made) throw new InstallationError('it can load no packages from where it is');
  return made;
}

/** zod itself. */
export type Zod = typeof z;

const zodPackage = lazyImport<{ readonly z: Zod }>('zod');

/** zod, loaded by the first call. */
export function zod(): Zod {
  return zodPackage().z;
}

/** A schema, made when it is first asked for. */
export function lazySchema<T>(make: (z: Zod) => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make(zod());
    return made;
  };
}
