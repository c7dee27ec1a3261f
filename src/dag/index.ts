export { pathLengths } from './critical-path.js';
export { type TaskNode, toDot, toGraph } from './graph.js';
export { type Edges, type Plan, plan } from './plan.js';
