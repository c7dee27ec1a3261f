export type { BadOutput } from './bad-outputs.js';
export { checkJournal, type JournalCheck, type JournalPlace } from './check.js';
export { decode, encode } from './codec.js';
export { DataDir } from './data-dir.js';
export { FileJournal } from './file-journal.js';
export { type FollowOptions, followRecords } from './follow-records.js';
export type { Journal, JournalListener } from './journal.js';
export type { LostRecords } from './lost-records.js';
export { MemoryJournal } from './memory-journal.js';
export { readRecords } from './read-records.js';
export { type ReadState, readState } from './read-state.js';
export {
  JOURNAL_FORMAT,
  type JournalRecord,
  type RecordDraft,
  type RecordOf,
  type RecordType,
} from './record.js';
export { reduce } from './reduce.js';
export { type JournalRepair, repairJournal } from './repair.js';
export { JournalNotRepairableError } from './repair-errors.js';
export { isFinished, isTerminal, type RunState, type TaskState, taskState } from './state.js';
export { type RunSummary, summary } from './summary.js';
