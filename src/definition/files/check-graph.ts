import { CycleError } from '../cycle-error.js';
import type { JsonValue } from '../json.js';
import { didYouMean } from '../nearest.js';
import { type Position, positionText } from '../position.js';
import { type Problems, partAt } from '../problems.js';

/** A task of a file whose id and needs can be read. */
export interface GraphTask {
  readonly place: number;
  readonly id: string;
  readonly needs: readonly string[];
}

/** The checks of the graph that are done when a run starts. Each throws what is wrong. */
export interface GraphChecks {
  readonly plan: (tasks: readonly GraphTask[]) => unknown;
  readonly checkTaskId: (id: string) => void;
}

/** The tasks of a file that have an id, whatever else is wrong with them. */
export function graphTasks(data: JsonValue): GraphTask[] {
  const tasks = partAt(data, ['tasks']);
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: JsonValue, place) => {
    const id = partAt(task, ['id']);
    const needs = partAt(task, ['needs']);
    const known = Array.isArray(needs) ? needs.filter((it) => typeof it === 'string') : [];
    return typeof id === 'string' ? [{ place, id, needs: known }] : [];
  });
}

/** Adds ids that appear twice, needs and outputs that name no task, and, when there are none of those, a cycle. */
export function addGraphProblems(
  tasks: readonly GraphTask[],
  problems: Problems,
  checks: GraphChecks,
  position: (place: number) => Position,
): void {
  const before = problems.list.length;
  const places = new Map<string, number>();
  for (const { id, place } of tasks) {
    const first = places.get(id);
    if (first === undefined) places.set(id, place);
    else {
      const where = positionText(position(first));
      problems.add(
        ['tasks', place, 'id'],
        `the id ${JSON.stringify(id)} is used twice, first at ${where}; give one of the tasks another id`,
        {
          code: 'NUFLOW_DUPLICATE_TASK',
          details: { task: id },
        },
      );
    }
  }
  for (const task of tasks)
    problems.of(['tasks', task.place, 'id'], () => checks.checkTaskId(task.id));
  addUnknownNeeds(tasks, places, problems);
  addUnknownOutputs(places, problems);
  if (problems.list.length === before) addCycle(tasks, places, problems, checks);
}

/** Unknown needs for which the nearest id is looked for, at most. */
const SUGGESTED = 20;

function addUnknownNeeds(
  tasks: readonly GraphTask[],
  places: ReadonlyMap<string, number>,
  problems: Problems,
): void {
  let found = 0;
  for (const { id, place, needs } of tasks) {
    for (const need of needs) {
      if (places.has(need)) continue;
      // Each looks at all ids; that for thousands of needs would take minutes.
      const near = found++ < SUGGESTED ? didYouMean(need, places.keys()) : '';
      problems.add(
        ['tasks', place, 'needs', needPlace(problems.data, place, need)],
        `needs ${JSON.stringify(need)}, which is not a task of this workflow${near || '; add it or correct the name'}`,
        { code: 'NUFLOW_UNKNOWN_DEPENDENCY', details: { task: id, dependency: need } },
      );
    }
  }
}

function addUnknownOutputs(places: ReadonlyMap<string, number>, problems: Problems): void {
  const outputs = partAt(problems.data, ['outputs']);
  if (typeof outputs !== 'object' || outputs === null || Array.isArray(outputs)) return;
  for (const [name, task] of Object.entries(outputs)) {
    if (typeof task !== 'string' || places.has(task)) continue;
    const near = didYouMean(task, places.keys());
    problems.add(
      ['outputs', name],
      `names ${JSON.stringify(task)}, which is not a task of this workflow${near}`,
    );
  }
}

/** A cycle stands at the need of its first task. */
function addCycle(
  tasks: readonly GraphTask[],
  places: ReadonlyMap<string, number>,
  problems: Problems,
  { plan }: GraphChecks,
): void {
  try {
    plan(tasks);
  } catch (error) {
    if (!(error instanceof CycleError)) throw error;
    const [first = '', next = ''] = error.cycle;
    const place = places.get(first) ?? 0;
    problems.add(['tasks', place, 'needs', needPlace(problems.data, place, next)], error.message, {
      code: error.code,
      details: error.details,
    });
  }
}

function needPlace(data: JsonValue, place: number, need: string): number {
  const needs = partAt(data, ['tasks', place, 'needs']);
  return Array.isArray(needs) ? needs.indexOf(need) : 0;
}
