import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { builtProgram } from '../crash/built-program.js';
import { CrashRig } from '../crash/crash-rig.js';
import { NO_PROC } from '../support/processes.js';

const MIB = 1024 * 1024;
const LOG = 'data/runs/run/tasks/0001-loud/1/stderr.log';

describe.skipIf(NO_PROC)('the log of a task that outlives its orchestrator', () => {
  const program = builtProgram('orchestrator');
  let rig: CrashRig;
  afterEach(() => rig.remove());

  it.each([
    ['while the next one watches', true],
    ['while nobody does', false],
  ])('is bounded when the task ends %s', async (_, isWatched) => {
    const text =
      'exec >&2; echo first; yes early | head -c 30000000; touch printed; until [ -e go ]; do sleep 0.02; done; yes late | head -c 30000000; echo last';
    rig = new CrashRig(program, {
      name: 'adopted',
      tasks: [{ id: 'loud', shell: { command: 'sh', args: ['-c', text] } }],
    });
    const first = rig.start();
    await first.until(({ type }) => type === 'task.spawned');
    while (!existsSync(rig.path('printed'))) await delay(10);
    await first.kill();
    if (isWatched) {
      const next = rig.start();
      await next.until(({ type }) => type === 'ready');
      writeFileSync(rig.path('go'), '');
      await next.ended;
      expect(next.result).toBe('succeeded');
    } else {
      writeFileSync(rig.path('go'), '');
      expect(await rig.left()).toEqual([]);
      expect(await rig.finish()).toBe('succeeded');
    }
    const log = readFileSync(rig.path(LOG), 'latin1');
    expect(log.length).toBeLessThanOrEqual(16 * MIB);
    expect(log).toMatch(/^first\nearly\n.*\n\[nuflow: \d+ bytes left out\]\n.*\nlast\n$/s);
    expect(log).not.toContain('\0');
  });
});
