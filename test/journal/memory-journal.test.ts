import { expect, it } from 'vitest';
import { MemoryJournal } from '../../src/journal/memory-journal.js';
import { systemClock } from '../../src/platform/clock.js';
import { journalContract } from '../support/journal-contract.js';
import { collect, Notes } from './rig.js';

journalContract(
  'MemoryJournal',
  async (listener, at) =>
    new MemoryJournal({ ...systemClock, now: () => Date.parse(at) }, listener),
);

it('gives nothing from a MemoryJournal that a file could not give', async () => {
  const journal = new MemoryJournal(systemClock, new Notes());
  journal.append({ type: 'run.resumed', pid: 1 });
  journal.append({ type: 'run.resumed', pid: 0.5 });
  await journal.flush();
  await expect(collect(journal.read())).rejects.toThrow(/"run.resumed" record \(pid:/);
});
