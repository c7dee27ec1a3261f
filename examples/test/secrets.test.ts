import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { attemptNames } from '../../src/engine/attempt/task-call.js';
import { filterCookie } from '../../src/runners/private/filter.js';
import { privateFolders } from '../../src/runners/private/private-folder.js';
import { processTable } from '../../src/runners/process/process-table.js';
import { builtCli } from './built-cli.js';
import { SECRETS, SecretsRig, tracesIn, tracesInArguments, tracesInFolder } from './secrets-rig.js';
import { careless, HANGS, LEAK_SCRIPT, LEAKY, leakyFunctions } from './secrets-workflows.js';

const { PASSWORD, TOKEN, KEY } = SECRETS;
const BY_NAME = { PASSWORD, TOKEN, KEY };
const OPTIONS = Object.keys(BY_NAME).flatMap((name) => ['--secret', name]);
const DAEMON_ENV = {
  NUFLOW_SECRET_PASSWORD: PASSWORD,
  NUFLOW_SECRET_TOKEN: TOKEN,
  NUFLOW_SECRET_KEY: KEY,
  NUFLOW_SECRET_INPUT_DB_PASSWORD: SECRETS['input.db.password'],
};

/** Resolves when a file is there. */
async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('secrets', { timeout: 120_000 }, () => {
  const rig = new SecretsRig(builtCli());
  afterAll(() => rig.remove());
  const nothingFound = () => {
    expect(tracesInFolder(rig.dataDir)).toEqual([]);
    expect(rig.tracesHeard).toEqual([]);
    expect(tracesInArguments()).toEqual([]);
  };

  it('are looked for in a way that would find them', () => {
    const folder = rig.path('found');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a'), `x${PASSWORD}`);
    expect(tracesInFolder(folder)).not.toEqual([]);
    const basic = Buffer.from(`user:${TOKEN}`).toString('base64');
    for (const text of [TOKEN.slice(3, 20), basic, JSON.stringify(PASSWORD), KEY.split('\n')[2]])
      expect(tracesIn('it', text ?? '')).not.toEqual([]);
  });

  it('are nowhere when an orchestrator was killed at work', async () => {
    writeFileSync(rig.path('leaky.json'), JSON.stringify(LEAKY));
    writeFileSync(rig.path('hangs.json'), JSON.stringify(HANGS));
    writeFileSync(rig.path('leak.nu'), LEAK_SCRIPT);
    const input = { db: { host: 'db1', password: SECRETS['input.db.password'] } };
    writeFileSync(rig.path('input.json'), JSON.stringify(input));
    for (const [name, more] of [
      ['leaky', ['--input', '@input.json']],
      ['hangs', []],
    ] as const) {
      const args = ['run', `${name}.json`, '--id', name, '--logs', ...more, ...OPTIONS];
      const command = rig.command(args, BY_NAME);
      await appears(rig.path(name === 'leaky' ? 'slow.begun' : 'hangs.begun'));
      nothingFound();
      command.kill('SIGKILL');
      await once(command, 'close');
    }
    nothingFound();
  });

  it('have to be given again, or nothing goes on', async () => {
    const before = readFileSync(join(rig.dataDir, 'runs/leaky/journal.ndjson'));
    const { code, text } = await rig.run(['resume', 'leaky', ...OPTIONS], BY_NAME);
    expect(code).toBe(2);
    expect(text).toContain('needs "input.db.password"');
    expect(readFileSync(join(rig.dataDir, 'runs/leaky/journal.ndjson'))).toEqual(before);
  });

  it('are nowhere in what a daemon takes over, shows and cancels', async () => {
    const { url, child } = await rig.daemon(DAEMON_ENV);
    const events = rig.ask(url, '/workflows/leaky/events');
    await rig.ask(url, '/workflows/hangs/cancel', { method: 'POST' });
    writeFileSync(rig.path('go'), '');
    const sent = await events;
    for (const name of ['PASSWORD', 'TOKEN', 'KEY', 'input.db.password'])
      expect(sent).toContain(`[secret ${name}]`);
    await rig.ask(url, '/workflows/hangs/events');
    for (const { id } of LEAKY.tasks) {
      await rig.ask(url, `/workflows/leaky/tasks/${id}/log`);
      await rig.ask(url, `/workflows/leaky/tasks/${id}/output`);
    }
    expect(await rig.ask(url, '/workflows/leaky/tasks/slow/log')).toBe(
      'early [secret TOKEN]\nlate [secret PASSWORD]\n',
    );
    expect(await rig.ask(url, '/workflows/leaky')).toContain('"$secret":"input.db.password"');
    expect(await rig.ask(url, '/workflows/hangs')).toContain('"status":"cancelled"');
    await rig.ask(url, '/workflows');
    child.kill('SIGTERM');
    await once(child, 'close');
    nothingFound();
  });

  it('are nowhere in what the command shows', async () => {
    for (const json of [[], ['--json']]) {
      const commands = [
        'list',
        'show leaky',
        'logs leaky',
        'events leaky',
        'show hangs',
        'logs hangs',
      ];
      for (const command of [...commands, 'output leaky prints', 'logs leaky raises --attempt 1'])
        expect((await rig.run([...command.split(' '), ...json])).code).toBe(0);
    }
    const shown = await rig.run(['show', 'leaky']);
    expect(shown.text).toContain('[secret TOKEN]');
    expect((await rig.run(['run', 'leaky.json', '--input', `{"x": ${TOKEN}`])).code).toBe(2);
    expect((await rig.run(['run', 'leaky.json', '--secret', 'NO_SUCH_THING'])).code).toBe(2);
    nothingFound();
  });

  it('are nowhere in what functions say, nor in any event, snapshot or result', async () => {
    const nuflow = (await import(pathToFileURL(rig.library).href)) as typeof import('nuflow');
    const { dataDir } = rig;
    const all: unknown[] = [];
    await using orchestrator = await nuflow.Orchestrator.open({ dataDir, secrets: BY_NAME });
    const input = { password: SECRETS['input.db.password'] };
    const run = await orchestrator.start(leakyFunctions(nuflow), { id: 'functions', input });
    run.on('*', (event) => all.push(event, run.snapshot()));
    run.on('task.output', careless(KEY));
    all.push(await run.result, run.snapshot(), await orchestrator.list());
    expect(tracesIn('it', JSON.stringify(all))).toEqual([]);
    expect(JSON.stringify(all)).toContain('a listener with [secret KEY]');
    nothingFound();
  });

  it('left nothing in memory, and no process', async () => {
    const table = await processTable();
    for (const run of ['leaky', 'hangs', 'functions']) {
      const journal = readFileSync(join(rig.dataDir, 'runs', run, 'journal.ndjson'), 'utf8');
      const records = journal
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      for (const { task, attempt } of records.filter(({ type }) => type === 'task.started')) {
        const { cookie } = attemptNames(records[0].traceId, task, attempt);
        expect(privateFolders(cookie, rig.dataDir).filter(existsSync)).toEqual([]);
        const cookies = [cookie, filterCookie(cookie)];
        expect(table.filter((it) => cookies.includes(it.cookie ?? ''))).toEqual([]);
      }
    }
    if (existsSync('/dev/shm')) expect(tracesInFolder('/dev/shm')).toEqual([]);
  });
});
