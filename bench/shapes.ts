/** A graph of tasks that do nothing, for every contender that runs graphs. */
export interface Shape {
  readonly tasks: readonly { readonly id: string; readonly needs: readonly string[] }[];
}

/** Tasks that need nothing. */
export function independent(count: number): Shape {
  return { tasks: Array.from({ length: count }, (_, i) => ({ id: `t${i}`, needs: [] })) };
}

/** Each task needs the one before. */
export function chain(count: number): Shape {
  return {
    tasks: Array.from({ length: count }, (_, i) => ({
      id: `t${i}`,
      needs: i === 0 ? [] : [`t${i - 1}`],
    })),
  };
}

/** One task, then `width` that need it, then one that needs them all. */
export function fan(width: number): Shape {
  const middle = Array.from({ length: width }, (_, i) => `m${i}`);
  return {
    tasks: [
      { id: 'first', needs: [] },
      ...middle.map((id) => ({ id, needs: ['first'] })),
      { id: 'last', needs: middle },
    ],
  };
}

/** Layers of `width` tasks, each of which needs two neighbours of the layer before. Ids are `l<layer>_<n>`. */
export function layers(depth: number, width: number): Shape {
  const tasks = Array.from({ length: depth * width }, (_, i) => {
    const layer = Math.floor(i / width);
    const n = i % width;
    const before = [n, (n + 1) % width].map((m) => `l${layer - 1}_${m}`);
    return { id: `l${layer}_${n}`, needs: layer === 0 ? [] : before };
  });
  return { tasks };
}
