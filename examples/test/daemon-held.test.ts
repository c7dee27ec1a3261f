import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtExamples, DaemonRig, type SentEvent } from './daemon-rig.js';
import { ProvisioningRig, type Server } from './provisioning-rig.js';

const QUICK = '{provider: local}';
/** Creating the server takes for ever; nothing else does. */
const STUCK = '{provider: local, delay: {create-vm: 60sec}}';
const AWAY = '{provider: nowhere}';

describe('a daemon whose server task was killed with it', () => {
  const built = builtExamples();
  let rig: ProvisioningRig;
  let daemon: DaemonRig;
  let id: string;
  afterEach(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });
  beforeEach(async () => {
    rig = new ProvisioningRig();
    rig.infra(STUCK);
    daemon = new DaemonRig(built, rig);
    await daemon.start();
    id = await daemon.submit('servers/create', { name: 'wuji' });
    const pid = await spawned('server');
    await daemon.end('SIGKILL');
    process.kill(-pid, 'SIGKILL');
  });

  const spawned = async (task: string): Promise<number> => {
    for await (const { type, data } of daemon.events(id))
      if (type === 'task.spawned' && data.task === task) return Number(data.pid);
    throw new Error(`${task} was never started`);
  };
  const shown = async () => (await daemon.fetch(`/workflows/${id}`)).json();
  const decide = (body: unknown, task = 'server', run = id) =>
    daemon.post(`/workflows/${run}/tasks/${task}/decide`, body);
  const errorOf = async (answer: Response): Promise<string> => {
    const { error } = (await answer.json()) as { error: { code: string } };
    return `${answer.status} ${error.code}`;
  };
  const storyOf = (records: readonly SentEvent[]): unknown[] =>
    records
      .filter(({ data }) => data.task === 'server')
      .map(({ type, data }) => [type, data.next ?? data.decision ?? data.attempt]);

  /** Starts the daemon again while the provider is away, so that its probe can't tell. */
  const held = async (): Promise<void> => {
    rig.infra(AWAY);
    await daemon.start();
    await expect.poll(shown, { timeout: 20_000 }).toMatchObject({ held: ['server'] });
    rig.infra(QUICK);
  };

  it('makes the server that the provider says it does not have', async () => {
    rig.infra(QUICK);
    await daemon.start();
    const records = await daemon.records(id);
    expect(storyOf(records)).toEqual([
      ['task.started', 1],
      ['task.spawned', 1],
      ['task.interrupted', 'probe'],
      ['task.interrupted', 'retry'],
      ['task.started', 2],
      ['task.spawned', 2],
      ['task.succeeded', 2],
    ]);
    expect(records.at(-1)?.data).toMatchObject({ status: 'succeeded' });
    expect(rig.ledger()).toMatchObject([{ op: 'create-vm', name: 'wuji' }]);
  });

  it('holds the task when the provider can not say, and takes what a person says', async () => {
    await held();
    expect(await shown()).toMatchObject({
      status: 'running',
      progress: { held: 1 },
      tasks: expect.arrayContaining([
        expect.objectContaining({
          id: 'server',
          status: 'interrupted',
          error: expect.objectContaining({ code: 'NUFLOW_PROBE_FAILED' }),
        }),
      ]),
    });
    const output = await rig.json<Server>(['server', 'create', 'wuji']);
    const answer = await decide({ decision: 'done', output, message: 'made it by hand' });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { workflow_id: id, task: 'server', decision: 'done', status: 'running' },
    ]);
    const records = await daemon.records(id);
    expect(storyOf(records).slice(2)).toEqual([
      ['task.interrupted', 'probe'],
      ['task.interrupted', 'hold'],
      ['task.decided', 'done'],
    ]);
    expect(records.at(-1)?.data).toMatchObject({ status: 'succeeded' });
    expect(rig.ledger()).toHaveLength(1);
  });

  it('refuses decisions that can not be, and still waits', async () => {
    await held();
    expect(await errorOf(await decide({ decision: 'maybe' }))).toBe('400 invalid');
    expect(await errorOf(await decide({ decision: 'rerun', force: true }))).toBe('400 invalid');
    expect(await errorOf(await decide({ decision: 'fail', output: 1 }))).toBe(
      '400 NUFLOW_INVALID_OPTION',
    );
    expect(await errorOf(await decide({ decision: 'done', output: { name: 'wuji' } }))).toBe(
      '400 NUFLOW_OUTPUT_INVALID',
    );
    expect(await errorOf(await decide({ decision: 'rerun' }, 'volume'))).toBe(
      '409 NUFLOW_NOT_HELD',
    );
    expect(await errorOf(await decide({ decision: 'rerun' }, 'none'))).toBe(
      '404 NUFLOW_TASK_NOT_FOUND',
    );
    expect(await errorOf(await decide({ decision: 'rerun' }, 'server', 'none'))).toBe(
      '404 NUFLOW_RUN_NOT_FOUND',
    );
    expect(await errorOf(await decide(' '.repeat(65 * 1024)))).toBe('413 too_large');
    const headers = { authorization: 'Bearer x' };
    const unknown = await daemon.post(`/workflows/${id}/tasks/server/decide`, {}, headers);
    expect(await errorOf(unknown)).toBe('401 unauthorized');
    expect(await shown()).toMatchObject({ held: ['server'] });
  });

  it('tells the Nushell CLI, which decides: made again', async () => {
    await held();
    const follow = rig.cli(['workflow', 'follow', id], daemon.cliEnv);
    const decide = ['workflow', 'decide', id, 'server'];
    const wrong = await rig.cli([...decide, 'done', '--output', '{"name":"wuji"}'], daemon.cliEnv);
    expect(wrong.stderr).toContain('The output given for task "server"');
    expect(await rig.json([...decide, 'rerun'], daemon.cliEnv)).toMatchObject({
      decision: 'rerun',
    });
    const { code, stderr } = await follow;
    expect(code).toBe(0);
    expect(stderr).toMatch(/server: succeeded \(attempt 2\)/);
    expect(rig.ledger()).toHaveLength(1);
  });
});
