import { MemoryJournal } from '../../src/journal/memory-journal.js';
import { systemClock } from '../../src/world/clock.js';
import { journalContract } from '../support/journal-contract.js';

journalContract(
  'MemoryJournal',
  async (listener, at) =>
    new MemoryJournal({ ...systemClock, now: () => Date.parse(at) }, listener),
);
