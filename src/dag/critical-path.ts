import { neighbours, type Plan } from './plan.js';

/** Of each task, the weight of the heaviest path from it to an end, its own included. Default weight 1. */
export function pathLengths(plan: Plan, weight: (index: number) => number = () => 1): Float64Array {
  const lengths = new Float64Array(plan.size);
  for (let n = plan.size - 1; n >= 0; n--) {
    const node = plan.order[n] as number;
    let longest = 0;
    for (const dependent of neighbours(plan.dependents, node))
      longest = Math.max(longest, lengths[dependent] as number);
    lengths[node] = longest + weight(node);
  }
  return lengths;
}
