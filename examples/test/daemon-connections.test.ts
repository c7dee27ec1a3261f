import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Limits, limitsFor } from '../daemon/limits.js';
import { LocalDaemon, parseAnswer, untilClosed } from './local-daemon.js';

describe('connections to the daemon', () => {
  let daemon: LocalDaemon;
  beforeEach(() => {
    daemon = new LocalDaemon();
  });
  afterEach(() => daemon.remove());

  const started = (limits: Partial<Limits>): Promise<void> => daemon.start({}, limits);
  const closed = async (socket: Socket): Promise<unknown> => {
    socket.resume();
    return socket.closed || once(socket, 'close');
  };
  const head = (line: string): string =>
    `${line} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${daemon.authorization}\r\n`;

  it('take at most a quarter of the files that may be open', () => {
    for (const descriptors of [64, 256, 400, 1_024, 20_000]) {
      const { connections, perClient, newcomers, streams } = limitsFor(descriptors);
      expect(connections).toBeLessThanOrEqual(Math.max(16, descriptors / 4));
      expect(perClient).toBeLessThan(connections);
      expect(newcomers).toBeLessThan(perClient);
      expect(streams).toBeLessThan(perClient);
    }
  });

  it('without the token do not keep out who has it, however many there are', async () => {
    await started({ connections: 20, perClient: 18, newcomers: 5 });
    const idle = Array.from({ length: 100 }, () => daemon.connect());
    for (const socket of idle) socket.resume();
    await Promise.all(idle.slice(0, 90).map(closed));
    expect((await daemon.fetch('/workflows')).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  it('of one client are limited, and so are all together', async () => {
    await started({ connections: 8, perClient: 4, newcomers: 2 });
    const keep = async (address: string): Promise<Socket> => {
      const socket = daemon.connect(`${head('GET /workflows')}\r\n`, address);
      await once(socket, 'data');
      return socket;
    };
    const trusted: Socket[] = [];
    for (let n = 0; n < 4; n++) trusted.push(await keep('127.0.0.1'));
    const refused = parseAnswer(await daemon.send(''));
    expect([refused.status, refused.code]).toEqual([503, 'too_many_connections']);
    expect(refused.headers.get('retry-after')).toBe('1');
    trusted.pop()?.destroy();
    await expect.poll(async () => (await daemon.fetch('/workflows')).status).toBe(200);
    for (const socket of trusted) socket.destroy();
  });

  it('that say nothing, or their request too slowly, are closed', async () => {
    await started({ headersMs: 300, requestMs: 600, keepAliveMs: 300 });
    const silent = daemon.connect();
    const halfHead = untilClosed(daemon.connect(head('GET /workflows')));
    const json = 'content-type: application/json\r\ncontent-length: 100\r\n\r\n{';
    const halfBody = untilClosed(daemon.connect(head('POST /workflows/servers/create') + json));
    const drip = daemon.connect(head('GET /workflows'));
    const dripping = setInterval(() => drip.write('x: y\r\n'), 50);
    const kept = daemon.connect(`${head('GET /workflows')}\r\n`);
    expect(parseAnswer(await halfHead)).toMatchObject({ status: 408, code: 'timeout' });
    expect(parseAnswer(await halfBody)).toMatchObject({ status: 408, code: 'timeout' });
    await Promise.all([silent, drip, kept].map(closed));
    clearInterval(dripping);
    expect(daemon.log.failures).toEqual([]);
  });

  it('may ask before they were answered, but not for ever', async () => {
    await started({ pipelined: 4 });
    const ask = `${head('GET /workflows')}\r\n`;
    const last = `${head('GET /workflows')}connection: close\r\n\r\n`;
    const few = await daemon.send(ask.repeat(3) + last);
    expect(few.match(/HTTP\/1.1 200/g)).toHaveLength(4);
    const many = await daemon.send(ask.repeat(1_000));
    expect(many).toMatch(/HTTP\/1.1 503/);
    expect(many.match(/HTTP\/1.1 200/g)?.length ?? 0).toBeLessThan(1_000);
    expect((await daemon.fetch('/workflows')).status).toBe(200);
  });
});
