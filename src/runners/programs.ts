import { fileURLToPath } from 'node:url';

/**
 * Where the programs are that run beside this one. The build keeps this module a file of its own in its
 * place, since it finds them by where it is itself.
 */

/** Starts programs for a {@link Spawner}. */
export const HELPER = fileURLToPath(new URL('./spawner/helper.js', import.meta.url));

/** Takes secrets out of what an attempt prints. */
export const FILTER = fileURLToPath(new URL('./private/filter-main.js', import.meta.url));
