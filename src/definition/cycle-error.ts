import { NuflowError, quote } from '../errors.js';

/** Ids of a cycle that are listed, the one repeated last not counted; of a longer one the first, and the count. */
const LISTED_OF_CYCLE = 100;

/**
 * Tasks need each other in a cycle. `cycle` is one real cycle in order, first element repeated last. The message and
 * `details.cycle` list up to 100 tasks; `details.length` is how many there are.
 */
export class CycleError extends NuflowError {
  readonly cycle: readonly string[];
  constructor(cycle: readonly string[]) {
    const length = cycle.length - 1;
    const listed = length <= LISTED_OF_CYCLE ? cycle : cycle.slice(0, LISTED_OF_CYCLE);
    const more = cycle.length - listed.length - 1;
    const rest = more > 0 ? [`… ${more} more …`, quote(cycle[0] ?? '')] : [];
    super(
      'NUFLOW_CYCLE',
      `Dependency cycle of ${length} ${length === 1 ? 'task' : 'tasks'}: ${[...listed.map(quote), ...rest].join(' → ')}; remove one of these needs.`,
      { cycle: listed, length },
    );
    this.cycle = cycle;
  }
}
