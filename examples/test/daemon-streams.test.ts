import { defineWorkflow, Orchestrator } from 'nuflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioningDir } from '../daemon/places.js';
import { LocalDaemon, parseAnswer, untilClosed } from './local-daemon.js';

/** More events than the buffers of a connection take, which are some 5 MB. */
const big = defineWorkflow('big', {
  version: '1',
  tasks: (t) => {
    const args = ['-c', 'head -c 60000 /dev/zero | tr "\\0" x'];
    for (let n = 0; n < 120; n++) t.shell(`t${n}`, { command: 'sh', args });
    return {};
  },
});
const endless = defineWorkflow('endless', {
  version: '1',
  tasks: (t) => {
    t.shell('wait', { command: 'sleep', args: ['600'] });
    return {};
  },
});

const STREAMS = 3;

describe('an event stream of the daemon', () => {
  const daemon = new LocalDaemon();
  beforeAll(async () => {
    const orchestrator = await Orchestrator.open({
      dataDir: daemon.dataDir,
      baseDir: provisioningDir(),
      concurrency: 20,
    });
    await (await orchestrator.start(big, { id: 'big' })).ended;
    const run = await orchestrator.start(endless, { id: 'endless' });
    await new Promise<void>((resolve) => {
      run.on('task.spawned', () => resolve());
    });
    await orchestrator.close({ mode: 'detach' });
    await daemon.start({}, { streams: STREAMS, heartbeatMs: 200, stalledMs: 2_000 });
  });
  afterAll(async () => {
    await daemon.fetch('/workflows/endless/cancel', { method: 'POST' });
    await daemon.remove();
  });

  const events = (id: string, init?: RequestInit): Promise<Response> =>
    daemon.fetch(`/workflows/${id}/events`, init);
  const request = (id: string): string =>
    `GET /workflows/${id}/events HTTP/1.1\r\nhost: localhost\r\nauthorization: ${daemon.authorization}\r\n\r\n`;
  /** Whether all places for streams can be had. */
  const free = async (): Promise<boolean> => {
    const clients = Array.from({ length: STREAMS }, () => new AbortController());
    const answers = await Promise.all(clients.map(({ signal }) => events('endless', { signal })));
    for (const client of clients) client.abort();
    return answers.every(({ status }) => status === 200);
  };
  /** Ids of the whole events in a text. */
  const ids = (text: string): number[] =>
    [...text.matchAll(/^id: (\d+)\r?\n\r?\n/gm)].map(([, id]) => Number(id));

  it('ends at its headers when only those are asked for', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (const id of ['big', 'endless'])
      for (let n = 0; n < 30; n++) {
        const { status, headers } = await events(id, { method: 'HEAD' });
        expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      }
    for (const path of ['/tasks/t1/log', '/tasks/t1/output', ''])
      expect((await daemon.fetch(`/workflows/big${path}`, { method: 'HEAD' })).status).toBe(200);
    expect((await events('none', { method: 'HEAD' })).status).toBe(404);
    await expect.poll(timers).toBeLessThan(before + 10);
    await expect.poll(free).toBe(true);
  });

  it('says something now and then when nothing happens', async () => {
    const { body } = await events('endless');
    let text = '';
    for await (const piece of (body as ReadableStream<Uint8Array>).pipeThrough(
      new TextDecoderStream(),
    )) {
      text += piece;
      if (text.match(/^: still here$/gm)?.length === 2) break;
    }
    expect(ids(text)[0]).toBe(1);
  });

  it('is one of a few, whose places are free again when their clients are gone', async () => {
    const clients = Array.from({ length: STREAMS }, () => new AbortController());
    const open = async (controller: AbortController): Promise<number> =>
      (await events('endless', { signal: controller.signal })).status;
    for (const client of clients) await expect.poll(() => open(client)).toBe(200);
    const refused = await events('endless');
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('too_many_streams');
    expect(refused.headers.get('retry-after')).toBe('1');
    for (const client of clients) client.abort();
    await expect.poll(free).toBe(true);
  });

  it('whose client does not read is ended, and the client goes on behind the last that it has', async () => {
    const slow = daemon.connect(request('big'));
    await expect.poll(free, { timeout: 20_000, interval: 300 }).toBe(true);
    const heard = ids(parseAnswer(await untilClosed(slow)).text);
    const last = heard.at(-1) ?? 0;
    const rest = await events('big', { headers: { 'last-event-id': String(last) } });
    const all = [...heard, ...ids(await rest.text())];
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.length).toBeLessThan(all.length);
    expect(all).toEqual(all.map((_, at) => at + 1));
  });

  it('is one connection with the rest: its client is served on while it is open', async () => {
    const socket = daemon.connect(
      request('big') + request('big').replace('/events HTTP/1.1', ' HTTP/1.1\r\nconnection: close'),
    );
    const heard = untilClosed(socket);
    await expect.poll(async () => (await daemon.fetch('/workflows/big')).status).toBe(200);
    const text = await heard;
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
  });
});
