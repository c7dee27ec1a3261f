import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_PROC } from '../../test/support/processes.js';
import { builtCli } from './built-cli.js';
import { CliRig, type Command, leaves } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
let running: Command;

/** Leaves its line in `there`, then waits for the file `go`. */
const STAYS = 'echo $$ >> there; until [ -e go ]; do sleep 0.02; done';
/** Deaf to requests to stop, and with descendants that are no longer its children. */
const STUBBORN = `trap '' INT TERM HUP; ${STAYS}`;

/** Two tasks that wait, one with a deaf descendant in a session of its own; one that waits for them. */
const begin = async (waiter: string): Promise<void> => {
  rig.write('waiter', waiter);
  rig.write('stubborn', STUBBORN);
  const shell = (script: string) => ({ command: 'sh', args: ['-c', script] });
  rig.write('flow.json', {
    name: 'flow',
    tasks: [
      { id: 'plain', shell: shell('sh ./waiter; echo plain >> done') },
      {
        id: 'family',
        shell: shell('setsid --fork sh ./stubborn; sh ./waiter; echo family >> done'),
      },
      leaves('after', 'done', ['plain', 'family']),
    ],
  });
  running = rig.start('run', 'flow.json', '--id', 'one');
  await expect.poll(() => rig.lines('there').length, { timeout: 20_000 }).toBe(3);
};
beforeEach(() => {
  rig = new CliRig(cli);
});
afterEach(async () => {
  rig.write('go', '');
  running.process.kill('SIGKILL');
  await running.ended;
  rig.remove();
});

describe.skipIf(NO_PROC)('a command that is told to end', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops what runs on %s, deaf descendants too', async (signal, expected) => {
    await begin(STAYS);
    running.process.kill(signal);
    expect((await running.ended).code).toBe(expected);
    expect(rig.tasks()).toEqual([]);
    expect(rig.lines('done')).toEqual([]);
  });

  it('does so without any grace when it is told again', async () => {
    await begin(STUBBORN);
    running.process.kill('SIGTERM');
    await running.says('stopping what runs');
    running.process.kill('SIGTERM');
    await running.says('killing what runs');
    expect((await running.ended).code).toBe(143);
    expect(rig.tasks()).toEqual([]);
  });

  it('lets running tasks end on Ctrl-C, which they do not hear of', async () => {
    await begin(STAYS);
    running.process.kill('SIGINT');
    await running.says('Ctrl-C again');
    rig.write('go', '');
    expect((await running.ended).code).toBe(130);
    expect(rig.lines('done').toSorted()).toEqual(['family', 'plain']);
    await expect.poll(() => rig.tasks()).toEqual([]);
    expect((await rig.run('resume', 'one')).code).toBe(0);
    expect(rig.lines('done').toSorted()).toEqual(['after', 'family', 'plain']);
  });

  it('kills what runs on the second Ctrl-C, and the run can be resumed', async () => {
    await begin(STUBBORN);
    running.process.kill('SIGINT');
    await running.says('Ctrl-C again');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(rig.tasks()).toEqual([]);
    rig.write('go', '');
    expect((await rig.run('resume', 'one')).code).toBe(0);
    expect(rig.lines('done').toSorted()).toEqual(['after', 'family', 'plain']);
  });
});
