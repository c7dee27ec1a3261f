import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalDaemon, parseAnswer, untilClosed } from './local-daemon.js';

const CREATE = '/workflows/servers/create';

describe('a request to the daemon', () => {
  const daemon = new LocalDaemon();
  beforeAll(() => daemon.start());
  afterAll(() => daemon.remove());

  const codeOf = async (answer: Response | Promise<Response>): Promise<string> => {
    const { status, ...response } = await Promise.resolve(answer).then(async (it) => ({
      status: it.status,
      text: await it.text(),
    }));
    return `${status} ${/"code":"(\w+)"/.exec(response.text)?.[1]}`;
  };
  const messageOf = async (answer: Promise<Response>): Promise<string> => {
    const { error } = (await (await answer).json()) as { error: { message: string } };
    return error.message;
  };
  const trusted = (): Record<string, string> => ({ authorization: daemon.authorization });

  describe('whatever it is', () => {
    it.each([
      'GET /health',
      'GET /health/live',
      'GET /workflows',
      'HEAD /workflows',
      'GET /nothing',
      'DELETE /workflows',
      'OPTIONS /workflows',
      'POST /workflows/servers/create',
      'GET /workflows/none',
      'TRACE /health',
      'GET *',
    ])('%s is answered with headers that keep it out of caches and pages', async (line) => {
      const { headers } = await daemon.ask(line, trusted());
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('is answered so too when it is no request at all', async () => {
      const { status, headers, code } = parseAnswer(await daemon.send('nonsense\r\n\r\n'));
      expect([status, code]).toEqual([400, 'bad_request']);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('is refused when its headers are too large', async () => {
      const { status, code } = await daemon.ask('GET /health', { 'x-long': 'x'.repeat(20_000) });
      expect([status, code]).toEqual([431, 'headers_too_large']);
    });

    it('is refused when a page of another site sent it', async () => {
      for (const site of ['cross-site', 'same-site', 'unknown'])
        expect(await daemon.ask('GET /health', { 'sec-fetch-site': site })).toMatchObject({
          status: 403,
          code: 'cross_site',
        });
      for (const site of ['same-origin', 'none'])
        expect(await daemon.ask('GET /health', { 'sec-fetch-site': site })).toMatchObject({
          status: 200,
        });
    });
  });

  describe('with a method that its path does not have', () => {
    it('is told which it has', async () => {
      const answer = await daemon.ask('DELETE /workflows/r/events', trusted());
      expect([answer.status, answer.code]).toEqual([405, 'method']);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
      const create = await daemon.ask(`GET ${CREATE}`, trusted());
      expect([create.status, create.headers.get('allow')]).toEqual([405, 'POST']);
      expect(await daemon.ask('POST /health')).toMatchObject({ status: 405 });
    });

    it('is asked for the token first', async () => {
      expect(await daemon.ask('DELETE /workflows')).toMatchObject({ status: 401 });
    });
  });

  describe('with query parameters', () => {
    it('that there are not is refused, with the name that was meant', async () => {
      expect(await codeOf(daemon.fetch('/workflows?limit=1'))).toBe('400 unknown_parameter');
      expect(await codeOf(daemon.fetch('/health?x'))).toBe('400 unknown_parameter');
      expect(await messageOf(daemon.fetch('/workflows/r/events?afer=1'))).toContain('"after"');
      expect(await messageOf(daemon.fetch('/workflows/r/tasks/t/log?Steam=x'))).toContain(
        'did you mean "stream"?',
      );
      expect(await codeOf(daemon.fetch('/workflows?__proto__=1'))).toBe('400 unknown_parameter');
      expect(await codeOf(daemon.post(`${CREATE}?dry-run`, '{}'))).toBe('400 unknown_parameter');
    });

    it('given twice is refused', async () => {
      const twice = '/workflows/r/tasks/t/log?stream=stdout&stream=stderr';
      expect(await codeOf(daemon.fetch(twice))).toBe('400 invalid');
    });
  });

  describe('with a body', () => {
    it.each([
      ['is cut off', '{\n  "infra":', /the body, line 2, column \d+: /],
      ['is empty', '', /the body, line 1, column 1: /],
      ['has a key twice', '{"infra":"a",\n"infra":"b"}', /line 2, column 1: .*"infra"/],
      ['has half a character', '{"infra":"\\ud800"}', /line 1, column 11: /],
      ['has a number too large', '{"infra":1e999}', /line 1, column 10: /],
      ['is nested too deep', `${'['.repeat(1_000)}${']'.repeat(1_000)}`, /line 1, column 101: /],
      ['is JavaScript', "{infra: 'local'}", /line 1, column 2: /],
    ])('that %s is refused with line and column', async (_what, body, place) => {
      expect(await codeOf(daemon.post(CREATE, body))).toBe('400 NUFLOW_BAD_JSON');
      expect(await messageOf(daemon.post(CREATE, body))).toMatch(place);
      const decide = '/workflows/r/tasks/t/decide';
      expect(await codeOf(daemon.post(decide, body))).toBe('400 NUFLOW_BAD_JSON');
    });

    it('that is not UTF-8 is refused', async () => {
      const headers = { ...trusted(), 'content-type': 'application/json', 'content-length': '17' };
      const latin1 = Buffer.from('{"infra": "caf\xe9"}', 'latin1');
      const answer = await daemon.ask(`POST ${CREATE}`, headers, latin1);
      expect([answer.status, answer.code]).toEqual([400, 'NUFLOW_BAD_JSON']);
      expect(answer.text).toContain('line 1, column 15');
    });

    it.each([
      'text/plain',
      'application/json-patch+json',
      'application/jsonx',
      'application/json; charset=latin1',
      'application/json; profile=x',
      'text/plain, application/json',
      'application/x-www-form-urlencoded',
      '',
    ])('of type %j is not taken for JSON', async (type) => {
      const headers = { 'content-type': type };
      expect(await codeOf(daemon.post(CREATE, '{}', headers))).toBe('415 content_type');
    });

    it.each([
      'application/json',
      'Application/JSON;charset="UTF-8"',
      'application/json; charset=utf8',
    ])('of type %s is JSON', async (type) => {
      expect(await codeOf(daemon.post(CREATE, '{}', { 'content-type': type }))).toBe('400 invalid');
    });

    it.each([
      ['an infrastructure that is a list', { infra: ['local'], params: { name: 'x' } }],
      ['a key of objects', '{"infra":"local","params":{"name":"x"},"__proto__":{}}'],
      ['a key of objects in params', '{"infra":"local","params":{"name":"x","__proto__":1}}'],
      ['a list', []],
      ['null', null],
      ['params that are a text', { infra: 'local', params: 'x' }],
    ])('that is or has %s is refused', async (_what, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      expect(await codeOf(daemon.post(CREATE, text))).toBe('400 invalid');
    });

    it('without params is told which are missing', async () => {
      expect(await messageOf(daemon.post(CREATE, '{"infra":"local"}'))).toContain('params.name');
    });

    it('that is too large is refused, and its connection serves the next request or is closed', async () => {
      const headers = { ...trusted(), 'content-type': 'application/json' };
      const fields = (length: number): string =>
        Object.entries({ host: `127.0.0.1:${daemon.port}`, ...headers, 'content-length': length })
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('');
      const next = `GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
      const read = 100 * 1024;
      const kept = await daemon.send(
        `POST ${CREATE} HTTP/1.1\r\n${fields(read)}\r\n${' '.repeat(read)}${next}`,
      );
      expect(kept.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
      const unread = parseAnswer(
        await daemon.send(`POST ${CREATE} HTTP/1.1\r\n${fields(1e9)}\r\n${' '.repeat(1_000)}`),
      );
      expect([unread.status, unread.code]).toEqual([413, 'too_large']);
      expect(unread.headers.get('connection')).toBe('close');
      const chunked = `transfer-encoding: chunked\r\n\r\n${'8000\r\n'}${' '.repeat(0x8000)}\r\n`;
      const { host, ...rest } = { host: 'localhost', ...headers };
      const lines = Object.entries({ host, ...rest }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      const endless = await daemon.send(
        `POST ${CREATE} HTTP/1.1\r\n${lines.join('')}${chunked}${`8000\r\n${' '.repeat(0x8000)}\r\n`.repeat(40)}`,
      );
      expect(parseAnswer(endless)).toMatchObject({ status: 413 });
      expect(parseAnswer(endless).headers.get('connection')).toBe('close');
    });

    it('that is compressed is refused', async () => {
      for (const encoding of ['gzip', 'GZIP', 'br', 'identity, gzip', 'x'])
        expect(await codeOf(daemon.post(CREATE, '{}', { 'content-encoding': encoding }))).toBe(
          '415 content_encoding',
        );
      const plain = daemon.post(CREATE, '{}', { 'content-encoding': 'identity' });
      expect(await codeOf(plain)).toBe('400 invalid');
    });

    it('is asked for only when it may come, of a client that asks first', async () => {
      const asking = (length: number, headers: Record<string, string>): Promise<string> => {
        const all = { host: 'localhost', 'content-length': String(length), ...headers };
        const lines = Object.entries({ ...all, expect: '100-continue', connection: 'close' });
        const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        return daemon.send(`POST ${CREATE} HTTP/1.1\r\n${head}\r\n${length === 2 ? '{}' : ''}`);
      };
      const json = { ...trusted(), 'content-type': 'application/json' };
      for (const length of [64 * 1024 + 1, 100 * 1024, 1e9]) {
        const answer = await asking(length, json);
        expect(answer).not.toContain(' 100 ');
        expect(parseAnswer(answer)).toMatchObject({ status: 413, code: 'too_large' });
        expect(parseAnswer(await asking(length, {}))).toMatchObject({ status: 401 });
      }
      expect(await asking(2, json)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /);
    });

    it('that ends before its end is nobody else’s fault', async () => {
      const failures = daemon.log.failures.length;
      const lines = daemon.log.lines.length;
      const head = `POST ${CREATE} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${daemon.authorization}\r\n`;
      const socket = daemon.connect(
        `${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"infra":`,
      );
      const heard = untilClosed(socket);
      socket.end();
      expect(parseAnswer(await heard).status).toBe(400);
      const gone = daemon.connect(
        `${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"infra":`,
      );
      await once(gone, 'connect');
      gone.resetAndDestroy();
      expect(await codeOf(daemon.fetch('/nothing'))).toBe('404 not_found');
      expect(daemon.log.failures).toHaveLength(failures);
      expect(daemon.log.lines).toHaveLength(lines);
    });

    it('to cancel takes none, or an empty one', async () => {
      const cancel = '/workflows/none/cancel';
      const found = '404 NUFLOW_RUN_NOT_FOUND';
      expect(await codeOf(daemon.fetch(cancel, { method: 'POST' }))).toBe(found);
      expect(await codeOf(daemon.post(cancel, '{}'))).toBe(found);
      expect(await codeOf(daemon.post(cancel, '{"force":true}'))).toBe('400 invalid');
      expect(await codeOf(daemon.post(cancel, 'x'))).toBe('400 NUFLOW_BAD_JSON');
    });
  });
});
