import type { JournalRecord, RecordOf } from '../records/record.js';
import { checksum, tail } from './codec.js';

/** Tasks that are made text at a time. */
const TASKS = 1_000;

/** Whether a record is the beginning of a run of so many tasks that its line should not be in memory as a whole: a million take 110 MB. */
export function isLongStart(record: JournalRecord): record is RecordOf<'run.started'> {
  return record.type === 'run.started' && record.workflow.tasks.length > TASKS;
}

/**
 * As {@link encode}, for a first record: the line, without its newline, in parts that are made when they are taken. Throws when the
 * definition was changed in between: then the checksum would be another.
 */
export function encodeStart(record: RecordOf<'run.started'>): {
  line: Iterable<string>;
  crc: number;
} {
  let crc = 0;
  for (const part of partsOf(record)) crc = checksum(part, crc);
  return { line: { [Symbol.iterator]: () => checkedParts(record, crc) }, crc };
}

function* checkedParts(record: RecordOf<'run.started'>, expected: number): Iterator<string> {
  let crc = 0;
  for (const part of partsOf(record)) {
    crc = checksum(part, crc);
    yield part;
  }
  if (crc !== expected) throw new Error('the definition was changed while it was being written');
  yield tail(crc);
}

function* partsOf({ seq, at, type, workflow, ...rest }: RecordOf<'run.started'>): Iterable<string> {
  const { tasks, ...spec } = workflow;
  yield open({ seq, at, type, ...rest });
  yield `,"workflow":${open(spec)},"tasks":[`;
  for (let from = 0; from < tasks.length; from += TASKS) {
    const list = JSON.stringify(tasks.slice(from, from + TASKS)).slice(1, -1);
    yield from === 0 ? list : `,${list}`;
  }
  yield ']}';
}

/** An object as text, its last brace left out. */
function open(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}
