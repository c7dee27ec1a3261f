import type { Case, Scale } from '../harness/contender.js';
import { gnuParallel, make, ninja, wireit } from '../peers/builders.js';
import { nuflowLayers } from '../peers/nuflow.js';
import { xargsSeed } from '../peers/xargs.js';
import { layers } from '../shapes.js';

const CODE = '1 + 1';

/** A graph of real Nushell tasks beside tools that run graphs of commands, none of which journals. */
export function buildersCase({ quick }: Scale): Case {
  const depth = quick ? 5 : 20;
  const shape = layers(depth, 10);
  const size = shape.tasks.length;
  return {
    name: `${depth} layers of Nushell tasks`,
    unit: 'tasks',
    size,
    contenders: [
      nuflowLayers(shape, CODE),
      ninja(shape, CODE),
      make(shape, CODE),
      gnuParallel(shape, CODE),
      xargsSeed(size, CODE),
      ...(quick ? [] : [wireit(shape, CODE)]),
    ],
    targets: [
      { against: 'ninja -j10', atLeast: 1 / 1.15 },
      { against: 'GNU parallel --joblog', atLeast: 1 },
      { against: 'wireit', atLeast: 1 },
      { against: 'xargs -P10 nu -c "use …"', atLeast: 1.5 },
    ],
  };
}
