import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator } from 'nuflow';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../daemon/app.js';
import { EventStreams } from '../daemon/sse.js';
import { MemoryLog } from './memory-log.js';

const big = defineWorkflow('big', {
  tasks: (t) => ({
    log: t.shell('log', {
      command: 'sh',
      args: ['-c', 'echo first; yes | head -c 8000000; echo last'],
    }),
    value: t.fn('value', { run: () => 'x'.repeat(300_000) }),
  }),
});

describe('the daemon', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'nuflow-daemon-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('shows beginning and end of a long log, and a big output when asked for it', async () => {
    await using orchestrator = await Orchestrator.open({
      dataDir,
      logs: { maxBytes: 1024 * 1024 },
    });
    await (await orchestrator.start(big, { id: 'r' })).ended;
    const daemonLog = new MemoryLog();
    const app = createApp({
      orchestrator,
      dataDir,
      token: 'token',
      hosts: new Set(['localhost']),
      catalog: () => Promise.reject(new Error('not asked for')),
      closing: () => false,
      log: daemonLog,
      streams: new EventStreams(1, 1_000, daemonLog),
    });
    const get = (path: string): Promise<Response> =>
      Promise.resolve(
        app.request(`http://localhost/workflows/r${path}`, {
          headers: { host: 'localhost', authorization: 'Bearer token' },
        }),
      );
    const log = await (await get('/tasks/log/log')).text();
    expect(log).toMatch(/^first\ny\n.*\n\[nuflow: \d+ bytes left out\]\ny\n.*\nlast\n$/s);
    expect(log.length).toBeLessThanOrEqual(1024 * 1024);
    const shown = await (await get('')).text();
    expect(shown).toContain('"outputFile"');
    expect(shown.length).toBeLessThan(10_000_000);
    expect(await (await get('/tasks/value/output')).json()).toBe('x'.repeat(300_000));
    expect((await get('/tasks/none/output')).status).toBe(404);
  });
});
