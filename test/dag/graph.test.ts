import { describe, expect, it } from 'vitest';
import { type TaskNode, toDot, toGraph } from '../../src/dag/graph.js';
import { type Tasks, workflow } from './run-rig.js';

const ODD: Tasks = {
  '10': {},
  '9': { needs: ['10'] },
  constructor: { needs: ['9', '10'] },
  'say "hi"\\': { needs: ['constructor'] },
  '..': { needs: ['10'] },
};

describe('toGraph', () => {
  it('has a node for each task, by any id, and an edge to each that waits for it', () => {
    const spec = workflow(ODD);
    const proto = { id: '__proto__', runner: 'nu', needs: ['10'], with: {} };
    const graph = toGraph({ ...spec, tasks: [...spec.tasks, proto] });
    const idOf = (node: string): string => (graph.node(node) as TaskNode).id;
    expect(graph.nodes().map(idOf)).toEqual([...spec.tasks.map(({ id }) => id), '__proto__']);
    expect(graph.edges().map(({ v, w }) => [idOf(v), idOf(w)])).toEqual([
      ['10', '9'],
      ['9', 'constructor'],
      ['10', 'constructor'],
      ['constructor', 'say "hi"\\'],
      ['10', '..'],
      ['10', '__proto__'],
    ]);
  });
});

describe('toDot', () => {
  it('writes quotes and backslashes so that they stay part of the id', () => {
    expect(toDot({ ...workflow(ODD), name: 'a "b"' })).toBe(
      String.raw`digraph "a \"b\"" {
  "9";
  "10";
  "constructor";
  "say \"hi\"\\";
  "..";
  "10" -> "9";
  "9" -> "constructor";
  "10" -> "constructor";
  "constructor" -> "say \"hi\"\\";
  "10" -> "..";
}
`,
    );
  });

  it('names a need that is given twice once', () => {
    const dot = toDot(workflow({ a: {}, b: { needs: ['a', 'a'] } }));
    expect(dot.match(/->/g)).toHaveLength(1);
  });
});
