import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extent, report, seededRandom } from '../../test/support/soak.js';
import { LocalDaemon } from './local-daemon.js';

const { rounds, seed, timeout } = extent('requests', { rounds: 300 });

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'get', 'X'];
const TARGETS = [
  '/health',
  '/health/live?x=1',
  '/workflows',
  '/workflows/none',
  '/workflows/servers/create',
  '/workflows/cluster/create',
  '/workflows/taskserv/create',
  '/workflows/none/events?after=3',
  '/workflows/none/tasks/t/log?stream=both',
  '/workflows/none/tasks/%ff%00/output',
  '/workflows/none/tasks/t/decide',
  '/workflows/none/cancel',
  '/workflows/..%2f..%2fetc/events',
  '//evil.example/workflows',
  'http://evil.example/health',
  'http://localhost/workflows',
  '*',
  '/%',
  '',
];
const HEADERS = [
  'content-type: application/json',
  'content-type: text/plain',
  'content-length: 5',
  'content-length: -1',
  'content-length: 99999999999999999999',
  'transfer-encoding: chunked',
  'transfer-encoding: identity, chunked',
  'expect: 100-continue',
  'expect: nothing',
  'connection: keep-alive',
  'connection: upgrade',
  'upgrade: h2c',
  'origin: null',
  'sec-fetch-site: cross-site',
  'idempotency-key: \u00fc',
  'idempotency-key: ',
  'last-event-id: -1',
  'last-event-id: 1e9',
  'host: localhost',
  'host: [::1',
  'host: a b',
  ': empty',
  'x\u0000y: z',
  `cookie: ${'a=b; '.repeat(500)}`,
];
const BODIES = [
  '',
  '{}',
  '{"infra":"local"}',
  '{"infra":"local","params":{"name":1}}',
  '{"infra":"local","params":{"name":"x","servers":1e999}}',
  '{"infra":"local","params":{"service":"none","server":"x"}}',
  '{"decision":"done","output":"\\ud800"}',
  '{"decision":"maybe"}',
  '{"__proto__":{"infra":"local"}}',
  '[['.repeat(3_000),
  '5\r\nhello\r\n0\r\n\r\n',
  'zz\r\nhello\r\n',
  '\ufeff{}',
  ' '.repeat(70_000),
];

describe('a daemon that is sent anything', () => {
  const daemon = new LocalDaemon();
  beforeAll(() =>
    daemon.start({}, { headersMs: 1_000, requestMs: 2_000, keepAliveMs: 200, heartbeatMs: 100 }),
  );
  afterAll(() => daemon.remove());

  /** A request of likely parts, and some of its bytes changed, left out or doubled. */
  const mutated = (random: () => number): Buffer => {
    const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const headers = Array.from({ length: Math.floor(random() * 2.2) }, () => one(HEADERS));
    const token = random() < 0.8 ? [`authorization: ${daemon.authorization}`] : [];
    const host = random() < 0.9 ? ['host: localhost'] : [];
    const body = one(BODIES);
    const length = random() < 0.7 ? [`content-length: ${Buffer.byteLength(body)}`] : [];
    const type = random() < 0.7 ? ['content-type: application/json'] : [];
    const lines = [...host, ...token, ...type, ...length, ...headers, 'connection: close'];
    const line = `${one(METHODS)} ${one(TARGETS)} HTTP/1.${random() < 0.9 ? 1 : 0}`;
    const bytes = Buffer.from([line, ...lines, '', body].join('\r\n'));
    const changes = random() < 0.7 ? 0 : Math.floor(random() * 4);
    return Array.from({ length: changes }).reduce<Buffer>((text) => {
      const at = Math.floor(random() * text.length);
      const more = random() < 0.5 ? [Math.floor(random() * 256)] : text.subarray(at, at + 9);
      const skipped = Math.floor(random() * 3);
      return Buffer.concat([text.subarray(0, at), Buffer.from(more), text.subarray(at + skipped)]);
    }, bytes);
  };

  it(
    `never fails, and keeps nothing of it: ${rounds} requests (seed ${seed})`,
    async () => {
      const random = seededRandom(seed);
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      const statuses = new Map<string, number>();
      const send = async (): Promise<void> => {
        const request = mutated(random);
        const socket = daemon.connect();
        socket.write(request);
        if (random() < 0.2) socket.end();
        let text = '';
        socket.setEncoding('latin1').on('data', (piece) => {
          text += piece;
        });
        await new Promise((resolve) => socket.on('close', resolve));
        for (const [, status = ''] of text.matchAll(/^HTTP\/1\.1 (\d+) /gm)) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          expect(status, `${JSON.stringify(request.toString('latin1'))}\n${text}`).not.toMatch(
            /^500/,
          );
        }
      };
      for (let sent = 0; sent < rounds; sent += 10)
        await Promise.all(Array.from({ length: 10 }, send));
      report('requests', Object.fromEntries([...statuses].sort()), seed);
      expect(daemon.log.failures).toEqual([]);
      expect((await daemon.fetch('/health')).status).toBe(200);
      await expect.poll(timers, { timeout: 10_000 }).toBeLessThan(before + 10);
      expect(statuses.get('400')).toBeGreaterThan(0);
    },
    timeout,
  );
});
