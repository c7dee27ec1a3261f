import { Graph } from '@dagrejs/graphlib';
import type { WorkflowSpec } from '../definition/spec.js';

/** Label of a node: graphlib's own node names are `t:` and the id, since `__proto__` breaks it and numbers reorder. */
export interface TaskNode {
  readonly id: string;
  readonly runner: string;
}

/** The workflow as a graphlib graph, for layout and traversal; edges go from a task to those that wait for it. Built at each call. */
export function toGraph(workflow: WorkflowSpec): Graph {
  const graph = new Graph({ directed: true });
  for (const { id, runner } of workflow.tasks)
    graph.setNode(nodeName(id), { id, runner } satisfies TaskNode);
  for (const { id, needs } of workflow.tasks)
    for (const need of needs) graph.setEdge(nodeName(need), nodeName(id));
  return graph;
}

function nodeName(id: string): string {
  return `t:${id}`;
}

/** The workflow in Graphviz' DOT language. */
export function toDot(workflow: WorkflowSpec): string {
  const nodes = workflow.tasks.map(({ id }) => `  ${dotText(id)};`);
  const edges = workflow.tasks.flatMap(({ id, needs }) =>
    [...new Set(needs)].map((need) => `  ${dotText(need)} -> ${dotText(id)};`),
  );
  return [`digraph ${dotText(workflow.name)} {`, ...nodes, ...edges, '}', ''].join('\n');
}

function dotText(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
