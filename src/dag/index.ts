export { pathLengths } from './critical-path.js';
export { Frontier } from './frontier.js';
export { type TaskNode, toDot, toGraph } from './graph.js';
export { type Edges, type Plan, plan } from './plan.js';
export type { Counts } from './task-status.js';
export { type Upstream, type Verdict, verdict } from './trigger-rules.js';
