export { DataDir } from './data-dir/data-dir.js';
export { decode, encode } from './file/codec.js';
export { FileJournal } from './file/file-journal.js';
export { type FollowOptions, followRecords } from './file/follow-records.js';
export { readRecords } from './file/read-records.js';
export { type ReadState, readState } from './file/read-state.js';
export type { Journal, JournalListener } from './journal.js';
export { MemoryJournal } from './memory-journal.js';
export {
  JOURNAL_FORMAT,
  type JournalRecord,
  type RecordDraft,
  type RecordOf,
  type RecordType,
} from './records/record.js';
export { reduce } from './records/reduce.js';
export {
  isFinished,
  isTerminal,
  type RunState,
  type TaskState,
  taskState,
} from './records/state.js';
export { type RunSummary, summary } from './records/summary.js';
export type { BadOutput } from './repair/bad-outputs.js';
export { checkJournal, type JournalCheck, type JournalPlace } from './repair/check.js';
export type { LostRecords } from './repair/lost-records.js';
export { type JournalRepair, repairJournal } from './repair/repair.js';
export { JournalNotRepairableError } from './repair/repair-errors.js';
