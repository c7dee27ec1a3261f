import { NuflowError } from './errors.js';

/**
 * Files or packages that nuflow needs at run time are not where it looks for them, mostly since it was bundled into
 * another file. Thrown before anything is accepted.
 */
export class InstallationError extends NuflowError {
  constructor(why: string, options?: ErrorOptions) {
    super(
      'NUFLOW_INSTALLATION',
      `nuflow is not installed as it has to be: ${why}. It starts programs that are files beside its own, so it can't be part of a bundle: mark it as external (esbuild: --external:nuflow; rolldown, rollup and webpack: the option external), and install it with npm where the program runs.`,
      { why },
      options,
    );
  }
}
