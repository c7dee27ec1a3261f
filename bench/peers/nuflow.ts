import { defineWorkflow, Orchestrator, type Workflow } from 'nuflow';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import type { Shape } from '../shapes.js';

/** Tasks at once, for all contenders. */
export const SLOTS = 10;

/** nuflow on a shape, its tasks functions that do nothing. */
export function nuflow(shape: Shape): Contender {
  const workflow = defineWorkflow('bench', {
    tasks: (t) => {
      const refs = new Map<string, ReturnType<typeof t.fn<number>>>();
      for (const { id, needs } of shape.tasks) {
        const needed = needs.flatMap((need) => refs.get(need) ?? []);
        refs.set(id, t.fn(id, { needs: needed, run: () => 0 }));
      }
      return {};
    },
  });
  return { name: 'nuflow', sample: () => timeOf(workflow) };
}

/** nuflow on independent Nushell tasks. */
export function nuflowNu(count: number, code: string): Contender {
  const workflow = defineWorkflow('bench-nu', {
    tasks: (t) => {
      for (let i = 0; i < count; i++) t.nu(`n${i}`, { code });
      return {};
    },
  });
  return { name: 'nuflow', sample: () => timeOf(workflow) };
}

/** nuflow on a graph of Nushell tasks. */
export function nuflowLayers(shape: Shape, code: string): Contender {
  const workflow = defineWorkflow('bench-layers', {
    tasks: (t) => {
      for (const { id, needs } of shape.tasks) t.nu(id, { code, needs });
      return {};
    },
  });
  return { name: 'nuflow', sample: () => timeOf(workflow) };
}

/** From `start` to the result, in a new data directory. Throws when the run does not succeed. */
function timeOf(workflow: Workflow<never, unknown>): Promise<number> {
  return inFolder(async (dataDir) => {
    await using orchestrator = await Orchestrator.open({ dataDir, concurrency: SLOTS });
    const begun = performance.now();
    const run = await orchestrator.start(workflow);
    const { status } = await run.result;
    const ms = performance.now() - begun;
    if (status !== 'succeeded') throw new Error(`the run ended as ${status}`);
    return ms;
  });
}
