/** A bug put into the sources on purpose, and the tests that have to notice it. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  /** The text that is there, once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** Test files, at least one of which must fail. */
  readonly tests: readonly string[];
}

const JOURNAL = ['test/journal/file-journal.test.ts', 'test/journal/faults.test.ts'];
const DAMAGE = ['test/journal/damage.test.ts', 'test/journal/scan.test.ts'];

/** Bugs that would lose work, do it twice, or leave something behind. All must be caught. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a record counts as durable without a sync',
    file: 'journal/file/file-journal.ts',
    from: 'await this.#file.sync();\n    return bytes;',
    to: 'return bytes;',
    tests: JOURNAL,
  },
  {
    name: 'a record counts as durable before the folder holds the name of its file',
    file: 'journal/file/file-journal.ts',
    from: 'await this.#named;\n',
    to: '\n',
    tests: JOURNAL,
  },
  {
    name: 'a journal goes on writing after a failed sync',
    file: 'journal/file/file-journal.ts',
    from: 'this.#failure = failure;\n',
    to: '\n',
    tests: JOURNAL,
  },
  {
    name: 'what found no space is written again without cutting what of it was taken',
    file: 'journal/file/reopen-full.ts',
    from: 'await file.truncate(acknowledged.offset);',
    to: '',
    tests: ['test/faults/disk-full.test.ts'],
  },
  {
    name: 'a full disk does not keep tasks from starting',
    file: 'journal/data-dir/reserve.ts',
    from: 'void this.onFreed(cause).then',
    to: 'void Promise.resolve(cause).then',
    tests: ['test/faults/disk-full.test.ts'],
  },
  {
    name: 'facts are appended behind a torn end',
    file: 'journal/file/open-for-append.ts',
    from: 'if (at.tornBytes > 0) await cutTorn',
    to: 'if (at.tornBytes < 0) await cutTorn',
    tests: JOURNAL,
  },
  {
    name: 'a torn end is cut off and not kept',
    file: 'journal/file/open-for-append.ts',
    from: 'await copyRest(file, offset, kept);',
    to: '',
    tests: JOURNAL,
  },
  {
    name: 'checksums are written and not looked at',
    file: 'journal/file/codec.ts',
    from: "if (written !== crc) return damaged('its checksum does not match');",
    to: '',
    tests: ['test/journal/codec.test.ts'],
  },
  {
    name: 'a checksum says nothing of the line before',
    file: 'journal/file/codec.ts',
    from: 'const crc = checksum(body, seed);',
    to: 'const crc = checksum(body, 0 * seed);',
    tests: ['test/journal/codec.test.ts'],
  },
  {
    name: 'a journal that can not be opened leaves a sync in flight',
    file: 'journal/file/open-for-append.ts',
    from: 'const ended = await Promise.allSettled(syncs);',
    to: "const ended = (await Promise.all(syncs)).map((value) => ({ status: 'fulfilled', value }) as never);",
    tests: ['test/journal/file-journal.test.ts'],
  },
  {
    name: 'a run goes on in a slot that others wait for',
    file: 'queue/p-queue-executor.ts',
    from: 'return this.queue.size <= this.#entries &&',
    to: 'return true ||',
    tests: ['test/queue/p-queue-executor.test.ts'],
  },
  {
    name: 'what a later line knows to have been synced is not missed',
    file: 'journal/file/codec.ts',
    from: 'return Number(CLAIM.exec(tail)?.[1] ?? 0);',
    to: 'return 0 * tail.length;',
    tests: DAMAGE,
  },
  {
    name: 'a journal of a newer format is read all the same',
    file: 'journal/file/codec.ts',
    from: "if (fields.type === 'run.started' && fields.format !== JOURNAL_FORMAT)",
    to: "if (fields.type === 'run.started' && fields.format === undefined)",
    tests: ['test/journal/codec.test.ts', 'test/journal/scan.test.ts'],
  },
  {
    name: 'a run that has finished takes more records',
    file: 'journal/records/reduce.ts',
    from: "if (isFinished(state)) throw illegal(record, 'the run has finished');",
    to: 'isFinished(state);',
    tests: ['test/journal/reduce.test.ts'],
  },
  {
    name: 'an attempt may be started twice',
    file: 'journal/records/reduce.ts',
    from: 'if (record.attempt !== task.attempts + 1)',
    to: 'if (record.attempt < 0)',
    tests: ['test/journal/reduce.test.ts'],
  },
  {
    name: 'code runs before its start is on disk',
    file: 'engine/loop.ts',
    from: 'if (!(await start.durable)) return;',
    to: 'void start.durable;',
    tests: ['test/engine/durability.test.ts'],
  },
  {
    name: 'events are emitted before their record is on disk',
    file: 'engine/commit/commits.ts',
    from: 'this.#unsynced.push({ record, settled });',
    to: 'this.#unsynced.push({ record, settled });\n      this.#events.emit(record);',
    tests: ['test/engine/durability.test.ts', 'test/events.test.ts'],
  },
  {
    name: 'start resolves before the run is on disk',
    file: 'runtime/run-loader.ts',
    from: 'await journal.flush();\n      if (!loop.accepted) await loop.ended; // rejects: nothing got to the disk',
    to: '',
    tests: ['test/engine/durability.test.ts'],
  },
  {
    name: 'a retry is due at once after a restart',
    file: 'engine/run-timers.ts',
    from: 'this.retry(task, retryAt, delayMs);',
    to: 'this.retry(task, retryAt, 0 * delayMs);',
    tests: ['test/engine/retry.test.ts'],
  },
  {
    name: 'a run has no slots, it has as many as it wants',
    file: 'queue/p-queue-executor.ts',
    from: 'this.queue = new PQueue({ concurrency });',
    to: 'this.queue = new PQueue({ concurrency: concurrency * 2 });',
    tests: ['test/queue/p-queue-executor.test.ts'],
  },
  {
    name: 'a task starts when the first of its needs has succeeded',
    file: 'scheduler/trigger-rules.ts',
    from: "return broken > 0 ? 'upstreamFailed' : skipped > 0 ? 'skipped' : runWhen(done);",
    to: "return broken > 0 ? 'upstreamFailed' : skipped > 0 ? 'skipped' : runWhen(done || succeeded > 0);",
    tests: ['test/scheduler/trigger-rules.test.ts'],
  },
  {
    name: 'a process with the same pid is taken for the attempt',
    file: 'platform/process-identity.ts',
    from: 'now.startTime === identity.startTime && now.bootId === identity.bootId',
    to: 'now.pid === identity.pid',
    tests: ['test/platform/process-identity.test.ts'],
  },
  {
    name: 'descendants of a stopped attempt are left alone',
    file: 'runners/process/kill-tree.ts',
    from: "for (const { pid } of family) sendSignal(pid, 'SIGKILL');",
    to: 'return;',
    tests: ['test/runners/nushell/stop.test.ts'],
  },
  {
    name: 'everybody gets the lock',
    file: 'platform/lock.ts',
    from: "['-n', '-x', '3']",
    to: "['-n', '-s', '3']",
    tests: ['test/platform/lock.test.ts'],
  },
  {
    name: 'an output that is too big for the journal is believed whatever its file holds',
    file: 'journal/outputs/verified-output.ts',
    from: 'if (found === file.sha256) return bytes;',
    to: 'if (found !== undefined) return bytes;',
    tests: ['test/journal/output-files.test.ts'],
  },
  {
    name: 'secrets are written into records',
    file: 'engine/commit/commits.ts',
    from: 'this.#journal.append(this.#secrets?.record(draft) ?? draft)',
    to: 'this.#journal.append(draft)',
    tests: ['test/engine/secrets.test.ts'],
  },
  {
    name: 'a second decision about a held task is taken',
    file: 'journal/records/reduce.ts',
    from: "if (task.status !== 'interrupted') throw",
    to: "if (task.status === 'running') throw",
    tests: ['test/journal/reduce.test.ts', 'test/engine/decide.test.ts'],
  },
  {
    name: 'facts follow the last one of a run',
    file: 'engine/commit/commits.ts',
    from: 'this.#closed || this.#ended)',
    to: 'this.#closed)',
    tests: ['test/engine/commits.test.ts'],
  },
  {
    name: 'what is appended while a run closes is told to nobody',
    file: 'engine/loop.ts',
    from: 'while (!this.commits.isFlushed) await this.commits.flush();',
    to: 'await this.commits.flush();',
    tests: ['test/runtime/orchestrator-close.test.ts'],
  },
  {
    name: 'the names of the folders around a data directory are not put on disk',
    file: 'journal/data-dir/data-dir.ts',
    from: 'await makeDurable(fileSystem, path);',
    to: 'await makeMissing(fileSystem, path);',
    tests: ['test/journal/data-dir.test.ts'],
  },
  {
    name: 'what is not known to be on disk is not written again',
    file: 'journal/file/scan.ts',
    from: 'this.#unproven.push(this.#position.offset);',
    to: '',
    tests: ['test/journal/scan.test.ts', ...JOURNAL],
  },
  {
    name: 'an end that was only read counts as on disk',
    file: 'journal/catalog/run-index.ts',
    from: 'if (isFinished(state)) this.#unproven.add(id);',
    to: '',
    tests: ['test/journal/run-index.test.ts'],
  },
  {
    name: 'a run is opened again while it is still closing',
    file: 'runtime/live-runs.ts',
    from: 'await this.#runs.get(id)?.loop.gone;',
    to: '',
    tests: ['test/runtime/orchestrator-write-failure.test.ts'],
  },
  {
    name: 'an attempt that was let go is stopped by its timeout',
    file: 'engine/attempt/attempt.ts',
    from: 'this.#isDetached = true;\n    this.#timer?.();',
    to: 'this.#isDetached = true;',
    tests: ['test/runtime/orchestrator-close.test.ts'],
  },
  {
    name: 'new tasks start before what still runs has its slots',
    file: 'queue/p-queue-executor.ts',
    from: 'for (const { queue } of this.#all()) queue.pause();',
    to: '{}',
    tests: ['test/queue/p-queue-executor.test.ts', 'test/runtime/orchestrator-resume.test.ts'],
  },
  {
    name: 'a data directory is left to others while an output is being written in it',
    file: 'runtime/orchestrator.ts',
    from: 'await this.#outputs.close();\n',
    to: '\n',
    tests: ['test/engine/outputs-under-way.test.ts'],
  },
];
