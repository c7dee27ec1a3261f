import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';
import type { Manner, Operation } from '../support/faulty-file-system.js';

const FULL = {
  name: 'JournalWriteError',
  code: 'NUFLOW_JOURNAL_WRITE',
  message: expect.stringMatching(/^The disk is full: .*ENOSPC.*Make space, then resume the run\.$/),
  cause: expect.objectContaining({ code: 'ENOSPC' }),
};
const WORKFLOW = sketch({ a: {}, b: {}, after: { needs: ['a'] } });

/** Makes the next call of the operation on a journal find no space; when it is refused also all after it, until the reserve is removed. */
function fillDisk(rig: EngineRig, operation: Operation, manner: Manner = 'refused'): void {
  const { disk } = rig;
  const remove = disk.remove.bind(disk);
  disk.remove = async (path) => {
    if (path === join(rig.dataDir, 'reserve')) disk.heal();
    await remove(path);
  };
  if (manner === 'refused') disk.fail(operation, 'journal.ndjson', 'ENOSPC');
  else disk.failNext(operation, 'journal.ndjson', 'ENOSPC', manner);
}

describe('a run on a disk that becomes full', () => {
  it.each<[Operation, Manner]>([
    ['write', 'refused'],
    ['write', 'short'],
    ['write', 'empty'],
    ['sync', 'refused'],
    ['sync', 'done'],
  ])(
    'records what runs, starts nothing more and can go on later: %s %s',
    async (operation, how) => {
      const rig = await EngineRig.open();
      const run = await rig.start(WORKFLOW);
      const [a, b] = [await rig.runner.started('a'), await rig.runner.started('b')];
      await eventOf(run, 'task.started', 'b');
      fillDisk(rig, operation, how);
      a.succeed('worked');
      await eventOf(run, 'task.interrupted', 'after');
      expect(await rig.story()).toEqual([
        'started',
        'started a 1',
        'started b 1',
        'succeeded a',
        'started after 1',
        'interrupted after retry',
      ]);
      b.succeed('too');
      await expect(run.result).rejects.toMatchObject(FULL);
      expect(statuses(run)).toEqual({ a: 'succeeded', b: 'succeeded', after: 'pending' });
      expect(rig.runner.of('after')).toEqual([]);
      expect(rig.orchestrator.get('r')).toBeUndefined();

      await rig.restart();
      const resumed = await rig.orchestrator.resume('r');
      (await rig.runner.started('after')).succeed('now');
      expect((await resumed.result).outputs).toEqual({ a: 'worked', b: 'too', after: 'now' });
      expect(rig.runner.order).toEqual(['after']);
    },
  );

  it('ends as usual when nothing more was to start', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    fillDisk(rig, 'write');
    a.succeed(1);
    expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { a: 1 } });
  });

  it('writes never again to the descriptor that found no space', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: {} }));
    const a = await rig.runner.started('a');
    await eventOf(run, 'task.started', 'b');
    await quiet(); // until nobody reads
    fillDisk(rig, 'sync');
    const from = rig.disk.asked.length;
    const told = new Promise((resolve) => run.on('task.succeeded', resolve));
    a.succeed();
    await told;
    const path = rig.journalPath();
    const calls = rig.disk.asked.slice(from).filter((call) => call.endsWith(path));
    // Read anew by a descriptor of its own, then cut and written.
    expect(calls.filter((call) => !call.startsWith('read '))).toEqual([
      `write ${path}`,
      `sync ${path}`,
      `close ${path}`,
      `open ${path}`,
      `close ${path}`,
      `open ${path}`,
      `truncate ${path}`,
      `write ${path}`,
      `sync ${path}`,
    ]);
  });

  it('stops when there is no space again, and leaves what runs to the next open', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(WORKFLOW);
    const [a, b] = [await rig.runner.started('a'), await rig.runner.started('b')];
    fillDisk(rig, 'write');
    a.succeed('worked');
    await eventOf(run, 'task.succeeded', 'a');
    rig.disk.fail('write', 'journal.ndjson', 'ENOSPC');
    b.succeed('lost');
    await expect(run.result).rejects.toMatchObject(FULL);
    expect(statuses(run)).toMatchObject({ a: 'succeeded', b: 'running' });
    rig.disk.heal();
    await rig.restart();
    const resumed = await rig.orchestrator.resume('r');
    const adopted = await rig.runner.started('b');
    expect(adopted.adopted).toBe(true);
    adopted.succeed('found');
    (await rig.runner.started('after')).succeed();
    expect((await resumed.result).outputs).toMatchObject({ a: 'worked', b: 'found' });
  });

  it.each<Operation>(['remove', 'open', 'truncate', 'read'])(
    'stops when it can not be helped: %s fails',
    async (operation) => {
      const rig = await EngineRig.open();
      const run = await rig.start(WORKFLOW);
      const a = await rig.runner.started('a');
      await eventOf(run, 'task.started', 'b');
      const before = rig.durableText();
      rig.disk.fail('write', 'journal.ndjson', 'ENOSPC');
      rig.disk.fail(operation, operation === 'remove' ? 'reserve' : 'journal.ndjson', 'EIO');
      a.succeed();
      await expect(run.result).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
      expect(rig.durableText()).toBe(before);
      rig.disk.heal();
    },
  );

  it('drains the other runs as well, and takes no new ones until they have ended', async () => {
    const rig = await EngineRig.open();
    const [one, two] = [
      await rig.start(WORKFLOW, { id: 'one' }),
      await rig.start(sketch({ c: {}, d: { needs: ['c'] } }), { id: 'two' }),
    ];
    const [a, b, c] = await rig.runner.atWork(3);
    fillDisk(rig, 'write');
    a?.succeed();
    await eventOf(one, 'task.succeeded');
    const another = { id: 'three' };
    await expect(rig.start(sketch({ e: {} }), another)).rejects.toMatchObject({
      name: 'DiskFullError',
      code: 'NUFLOW_DISK_FULL',
    });
    c?.succeed();
    await expect(two.result).rejects.toMatchObject(FULL);
    b?.succeed();
    await expect(one.result).rejects.toMatchObject(FULL);
    await quiet();
    const three = await rig.start(sketch({ e: {} }), another);
    (await rig.runner.started('e')).succeed();
    expect((await three.result).status).toBe('succeeded');
    expect(statSync(join(rig.dataDir, 'reserve')).size).toBe(4 * 1024 * 1024);
    expect(rig.runner.order).toEqual(['a', 'b', 'c', 'e']);
  });

  it('does not take an attempt for failed that found no space to begin', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ a: {}, b: { onInterrupted: 'fail', retry: { maximumAttempts: 5 } } }),
    );
    const [a, b] = [await rig.runner.started('a'), await rig.runner.started('b')];
    b.end({ status: 'notBegun', error: { code: 'NUFLOW_SPAWN_FAILED', message: 'no room' } });
    await eventOf(run, 'task.interrupted');
    await quiet();
    expect(rig.runner.order).toEqual(['a', 'b']);
    a.succeed();
    await expect(run.result).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
      message: expect.stringMatching(/^The disk is full: .*task "b".*no room/),
    });
    expect((await rig.story()).slice(3)).toEqual(['interrupted b retry', 'succeeded a']);
  });

  it('keeps a big output with the last space, or leaves it to the next open', async () => {
    for (const isEnough of [true, false]) {
      const rig = await EngineRig.open();
      const run = await rig.start(sketch({ big: {}, other: {} }));
      const [big, other] = [await rig.runner.started('big'), await rig.runner.started('other')];
      rig.disk.fail('write', '.json.tmp', 'ENOSPC');
      if (isEnough) fillDisk(rig, 'truncate');
      big.succeed('x'.repeat(300_000));
      if (isEnough) await eventOf(run, 'task.succeeded', 'big');
      await quiet();
      other.succeed();
      if (isEnough) expect((await run.result).status).toBe('succeeded');
      else await expect(run.result).rejects.toMatchObject(FULL);
      const expected = isEnough ? 'succeeded' : 'running';
      expect(statuses(run)).toEqual({ big: expected, other: 'succeeded' });
    }
  });
});

describe('the reserve', () => {
  it('is a file of its size, for its owner alone, that takes its space', async () => {
    const rig = await EngineRig.open({ reserveBytes: 100_000 });
    const { size, blocks, mode } = statSync(join(rig.dataDir, 'reserve'));
    expect([size, mode & 0o777]).toEqual([100_000, 0o600]);
    expect(blocks * 512).toBeGreaterThanOrEqual(100_000);
    await rig.restart({ reserveBytes: 200_000 });
    expect(statSync(join(rig.dataDir, 'reserve')).size).toBe(200_000);
    const asked = rig.disk.asked.length;
    await rig.restart({ reserveBytes: 200_000 });
    expect(rig.disk.asked.slice(asked).filter((call) => /^write .*reserve$/.test(call))).toEqual(
      [],
    );
  });

  it('hinders no looking when it can not be made, only starting', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(WORKFLOW);
    const a = await rig.runner.started('a');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.disk.fail('write', 'reserve', 'ENOSPC');
    await rig.restart({ reserveBytes: 8192 });
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect((await rig.orchestrator.inspect('r')).status).toBe('running');
    const refused = { name: 'DiskFullError', message: expect.stringContaining('8192 bytes') };
    const attempts = rig.runner.attempts.length;
    await expect(rig.start(sketch({ e: {} }), { id: 'new' })).rejects.toMatchObject(refused);
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject(refused);
    expect((await rig.orchestrator.resumeAll()).refused).toMatchObject([
      { id: 'r', error: refused },
    ]);
    expect(rig.runner.attempts.length).toBe(attempts);
    expect([a.isOver, run.snapshot().status]).toEqual([false, 'running']);
    rig.disk.heal();
    const started = await rig.start(sketch({ e: {} }), { id: 'new' });
    (await rig.runner.started('e')).succeed();
    expect((await started.result).status).toBe('succeeded');
  });

  it('is not needed to cancel a run', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }));
    await rig.runner.started('a');
    rig.disk.fail('write', 'reserve', 'ENOSPC');
    await rig.restart({ reserveBytes: 8192 });
    rig.runner.onStart = (attempt) => attempt.interrupted();
    await rig.orchestrator.cancel('r');
    expect((await rig.orchestrator.inspect('r')).status).toBe('cancelled');
  });

  it('may be left out', async () => {
    const rig = await EngineRig.open({ reserveBytes: 0 });
    const run = await rig.start(WORKFLOW);
    const a = await rig.runner.started('a');
    rig.disk.fail('write', 'journal.ndjson', 'ENOSPC');
    a.succeed();
    await expect(run.result).rejects.toMatchObject(FULL);
    expect(statuses(run)).toMatchObject({ a: 'running' });
    expect(rig.disk.asked.filter((call) => call.endsWith('reserve'))).toEqual([]);
  });

  it.each([-1, 0.5, 1024 ** 3 + 1])('can not have %d bytes', async (reserveBytes) => {
    await expect(EngineRig.open({ reserveBytes })).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_OPTION',
      message: expect.stringContaining('reserveBytes'),
    });
  });
});
