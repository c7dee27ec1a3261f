import { afterAll, beforeAll } from 'vitest';
import { clockContract } from '../support/clock-contract.js';
import { fileSystemContract } from '../support/file-system-contract.js';
import { runnerContract } from '../support/runner-contract.js';
import type { Behaviour } from './behaviour.js';
import { Faults, SOUND } from './faults.js';
import { Prng } from './prng.js';
import { afterTurn, Scheduler } from './scheduler.js';
import { SimClock, WallClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import { SimFileSystem } from './sim-file-system.js';
import { SimProcesses } from './sim-processes.js';
import { SimRunner } from './sim-runner.js';

/** Virtual time that passes by itself while the tests of this file run, as fast as they let it. */
const scheduler = new Scheduler(afterTurn);
let goesOn = true;
beforeAll(() => {
  void (async () => {
    while (goesOn) if (!(await scheduler.step())) await afterTurn();
  })();
});
afterAll(() => {
  goesOn = false;
});

const isAlive = (): boolean => true;
const nobody = (): void => {};

fileSystemContract('The simulated', () => {
  const prng = new Prng(1);
  const disk = new SimDisk();
  disk.makeFolder('/folder');
  const faults = new Faults(SOUND, prng);
  const parts = { disk, scheduler, prng, faults, isAlive, die: nobody, note: nobody };
  return { fileSystem: new SimFileSystem(parts), folder: '/folder' };
});

clockContract(
  'The simulated',
  () => new SimClock(scheduler, new WallClock(scheduler, Date.UTC(2026, 0, 1))),
);

const WORKS: Readonly<Record<string, Behaviour>> = {
  greets: { ...behaviour('succeeds', 5), prints: 'hello\n' },
  fails: behaviour('fails', 5),
  waits: { ...behaviour('succeeds', 1e9), prints: 'ready\n' },
  persists: { ...behaviour('succeeds', 1e9), prints: 'ready\n', onInterrupt: 'ignores' },
};

runnerContract('SimRunner', () => {
  const processes = new SimProcesses(scheduler, new Prng(1), { began: nobody, ended: nobody });
  const runner = new SimRunner({
    scheduler,
    processes,
    pid: 1,
    order: ({ run, task, attempt, cookie, dir, with: { work } }) => ({
      name: { run, task, attempt, cookie, dir },
      behaviour: WORKS[String(work)] as Behaviour,
      output: () => null,
      keeper: 1,
      isMortal: false,
    }),
    adopted: nobody,
    stopping: nobody,
    isAlive,
  });
  const work = (name: string) => ({ with: { work: name } });
  return {
    runner,
    spawns: true,
    greets: work('greets'),
    fails: work('fails'),
    waits: work('waits'),
    persists: work('persists'),
    refused: { refused: true },
    processes: (cookie) =>
      [...processes.alive].filter((it) => it.name.cookie === cookie).map((it) => it.identity.pid),
  };
});

function behaviour(end: Behaviour['end'], durationMs: number): Behaviour {
  return {
    spawnMs: 0,
    cannotSpawn: false,
    durationMs,
    end,
    onInterrupt: { afterMs: 1, end: 'vanishes' },
    prints: '',
    outputBytes: 0,
  };
}
