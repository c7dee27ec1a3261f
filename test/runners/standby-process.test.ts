import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../src/platform/process-identity.js';
import type { Standby } from '../../src/runners/process/process-starter.js';
import { processTable } from '../../src/runners/process/process-table.js';
import { Spawner } from '../../src/runners/spawner/spawner.js';
import { temporaryFolder } from './attempts.js';
import { builtLibrary } from './built-library.js';

const script = join(builtLibrary(), 'runners/spawner/helper.js');
const folder = temporaryFolder();
const WAIT_AND_WORK = `IFS= read -r told || exit 7; printf '%s\\n' "$told"; cat; printf err >&2; exit 3`;
const COOKIE = 'NUFLOW_COOKIE';
/** How long is waited for what must come, ms. */
const PATIENCE = 30_000;

describe('a process that stands by', () => {
  let spawner: Spawner;
  let count = 0;
  const fresh = (): string => join(folder, `${process.pid}-${count++}`);
  const standBy = (command = WAIT_AND_WORK): Standby & { dir: string } => {
    const dir = fresh();
    const env = { KEPT: 'k', [COOKIE]: `standby-test-${process.pid}-${count}` };
    const program = { file: '/bin/sh', args: ['-c', command], cwd: folder, env };
    const standby = spawner.standBy(dir, program);
    if (standby === undefined) throw new Error('none can stand by');
    return { ...standby, dir };
  };
  const work = {
    file: '/bin/sh',
    args: ['-c', 'echo anew; exit 4'],
    cwd: folder,
    env: { KEPT: 'k', TOLD: 'é\n', [COOKIE]: 'attempt' },
    stdin: 'the input\nof the attempt',
  };
  const read = (dir: string, file: string): string => readFileSync(join(dir, file), 'utf8');
  beforeEach(() => {
    spawner = new Spawner(script);
  });
  afterEach(() => spawner.close());

  it('is told the variables that are new, then the input, and leaves its logs where an attempt does', async () => {
    const standby = standBy();
    const identity = await standby.spawned;
    const dir = fresh();
    const served = standby.start(dir, work);
    expect(await served.spawned).toEqual(identity);
    expect(await served.ended).toEqual({ kind: 'exited', exitCode: 3 });
    const told = JSON.stringify({ TOLD: 'é\n', [COOKIE]: 'attempt' });
    expect(read(dir, 'stdout.log')).toBe(`${told}\nthe input\nof the attempt`);
    expect(read(dir, 'stderr.log')).toBe('err');
    expect(read(dir, 'input.json')).toBe(work.stdin);
    expect(JSON.parse(read(dir, 'process.json'))).toEqual(identity);
    expect(existsSync(standby.dir)).toBe(false);
    for (const file of ['input.json', 'stdout.log', 'stderr.log', 'process.json'])
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });

  it('serves once: what comes after it has served is started anew', async () => {
    const standby = standBy();
    await standby.start(fresh(), work).ended;
    const dir = fresh();
    expect(await standby.start(dir, work).ended).toEqual({ kind: 'exited', exitCode: 4 });
    expect(read(dir, 'stdout.log')).toBe('anew\n');
    expect(existsSync(join(dir, 'process.json'))).toBe(false);
  });

  it('gives way to a new process when it has ended, and when its files can not be moved', async () => {
    const gone = standBy('exit 9');
    expect(await gone.ended).toEqual({ kind: 'exited', exitCode: 9 });
    expect(await gone.start(fresh(), work).ended).toEqual({ kind: 'exited', exitCode: 4 });

    const standby = standBy();
    const identity = await standby.spawned;
    const inTheWay = fresh();
    writeFileSync(inTheWay, '');
    const dir = join(inTheWay, '1');
    expect((await standby.start(dir, work).ended).kind).toBe('notStarted');
    await vi.waitFor(
      async () => expect(identity && (await isAlive(identity))).toBe(false),
      PATIENCE,
    );
  });

  it('ends when it is dropped', async () => {
    const standby = standBy();
    standby.drop();
    expect(await standby.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
  });

  it('ends by itself, told nothing, when the helper dies or is closed, however many stand by', async () => {
    const all = [standBy(), standBy(), standBy()];
    const identities = await Promise.all(all.map(({ spawned }) => spawned));
    const helper = (await processTable()).find(({ cookie }) =>
      cookie?.startsWith(`spawner-${process.pid}-`),
    );
    process.kill(helper?.pid ?? Number.NaN, 'SIGKILL');
    for (const { ended } of all) expect(await ended).toEqual({ kind: 'unseen' });
    for (const identity of identities) expect(identity && (await isAlive(identity))).toBe(false);
    for (const { dir } of all) expect(read(dir, 'stdout.log')).toBe('');

    const another = standBy();
    const identity = await another.spawned;
    await spawner.close();
    await vi.waitFor(
      async () => expect(identity && (await isAlive(identity))).toBe(false),
      PATIENCE,
    );
    expect(read(another.dir, 'stdout.log')).toBe('');
  });

  it('does the work or has it done once when the helper dies while it is told', async () => {
    for (let round = 0; round < 5; round++) {
      await spawner.close();
      spawner = new Spawner(script);
      const dir = fresh();
      const ledger = join(folder, `ledger-${round}`);
      writeFileSync(ledger, '');
      const standby = standBy(`IFS= read -r told || exit 7; echo x >> ${ledger}; cat >/dev/null`);
      await standby.spawned;
      const anew = { ...work, args: ['-c', `echo x >> ${ledger}`] };
      const served = standby.start(dir, anew);
      const helper = (await processTable()).find(({ cookie }) =>
        cookie?.startsWith(`spawner-${process.pid}-`),
      );
      if (helper !== undefined) process.kill(helper.pid, 'SIGKILL');
      await served.ended;
      // None only where it was told and died unseen: whoever asked has it done again then.
      expect(['', 'x\n']).toContain(readFileSync(ledger, 'utf8'));
    }
  });
});
