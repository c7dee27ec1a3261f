import { describe, expect, it, onTestFinished } from 'vitest';
import { hostNames, namedHost, normalHost, reachableUrl } from '../daemon/hosts.js';
import { LocalDaemon } from './local-daemon.js';

describe('a name of the daemon', () => {
  it.each([
    ['LOCALHOST', 'localhost'],
    ['localhost.', 'localhost'],
    ['Example.ORG.', 'example.org'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['::1', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['[::FFFF:7f00:1]', '127.0.0.1'],
    ['::ffff:255.254.1.0', '255.254.1.0'],
    ['fe80::1%eth0', '[fe80::1]'],
    ['', undefined],
    ['a b', undefined],
    ['user@localhost', undefined],
    ['localhost/x', undefined],
    ['[::1', undefined],
    ['1.2.3.4.5', undefined],
  ])('%j is compared as %j', (given, normal) => {
    expect(normalHost(given)).toBe(normal);
  });

  it.each([
    ['LocalHost.:9090', 'localhost'],
    ['[::1]:9090', '[::1]'],
    ['localhost:', 'localhost'],
    ['localhost:x', undefined],
    ['evil@localhost:1', undefined],
    ['localhost:1:2', undefined],
    ['localhost#', undefined],
    ['local%68ost', undefined],
    [undefined, undefined],
  ])('is in the Host header %j as %j', (header, named) => {
    expect(namedHost(header)).toBe(named);
  });

  it('is every name of the loopback interface, and of the machine where it listens everywhere', () => {
    const everywhere = hostNames('::');
    expect(everywhere).toContain('[::]');
    expect(everywhere.size).toBeGreaterThan(hostNames('127.0.0.1').size);
    expect([...hostNames('[::1]')]).toEqual(['localhost', '127.0.0.1', '[::1]']);
  });

  it('is in a URL that can be reached', () => {
    const url = (address: string, family: string): string =>
      reachableUrl({ address, family, port: 80 });
    expect(url('::', 'IPv6')).toBe('http://[::1]:80');
    expect(url('0.0.0.0', 'IPv4')).toBe('http://127.0.0.1:80');
    expect(url('::ffff:127.0.0.1', 'IPv6')).toBe('http://127.0.0.1:80');
    expect(url('::1', 'IPv6')).toBe('http://[::1]:80');
  });
});

describe('a daemon', () => {
  const started = async (host: string): Promise<LocalDaemon> => {
    const daemon = new LocalDaemon();
    onTestFinished(() => daemon.remove());
    await daemon.start({ host });
    return daemon;
  };
  const asked = async (daemon: LocalDaemon, host: string, target = '/health', to?: string) => {
    const text = await daemon.send(
      `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      to,
    );
    return Number(text.split(' ')[1]);
  };

  it.each([
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    'localhost.',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::',
    '[::]',
    '0.0.0.0',
    '127.0.0.2',
    '::ffff:127.0.0.1',
    '127.1',
  ])('that listens on %s answers at the URL that it says', async (host) => {
    const daemon = await started(host);
    expect((await fetch(`${daemon.url}/health`)).status).toBe(200);
  });

  it('that listens everywhere answers by the address that it was reached at, and by no other name', async () => {
    const daemon = await started('0.0.0.0');
    for (const host of ['127.0.0.1', 'LOCALHOST', 'localhost.:1', '0.0.0.0', '[::ffff:127.0.0.1]'])
      expect(await asked(daemon, host)).toBe(200);
    expect(await asked(daemon, '127.0.0.3', '/health', '127.0.0.3')).toBe(200);
    for (const host of ['127.0.0.3', 'evil.example', 'localhost.evil', '', 'a@localhost', '[::2]'])
      expect([400, 421]).toContain(await asked(daemon, host));
  });

  it('goes by what a request names wherever it does: all of it is ours, and it is named once', async () => {
    const daemon = await started('127.0.0.1');
    expect(await asked(daemon, 'localhost', 'http://localhost/health')).toBe(200);
    expect(await asked(daemon, 'localhost', 'http://evil.example/health')).toBe(421);
    expect(await asked(daemon, 'evil.example', 'http://localhost/health')).toBe(421);
    expect(await asked(daemon, 'localhost\r\nhost: evil.example')).toBe(400);
    const none = await daemon.send('GET /health HTTP/1.1\r\nconnection: close\r\n\r\n');
    expect(none).toMatch(/^HTTP\/1.1 400 /);
    const old = await daemon.send('GET /health HTTP/1.0\r\n\r\n');
    expect(old).toMatch(/^HTTP\/1.1 400 /);
  });

  it('refuses what no URL can name, and logs nothing of it', async () => {
    const daemon = await started('127.0.0.1');
    for (const host of [
      '1.2.3.4.5',
      '127.0.0.256',
      'a.256',
      '999999999999',
      '0x100000000',
      'foo.0x',
      'xn--a',
      '08.1.1.1',
      '1.2.3.4.5:80',
      '[1::2::3]',
      '[::1',
      'localhost:99999',
      'a..b',
      '.',
      '%',
    ]) {
      expect([400, 421], host).toContain(await asked(daemon, host));
      expect([400, 421], host).toContain(await asked(daemon, 'localhost', `http://${host}/health`));
    }
    expect(daemon.log).toMatchObject({ lines: [], failures: [] });
  });

  it('takes its own origin, however its name is written, and no other', async () => {
    const daemon = await started('127.0.0.1');
    const origin = async (host: string, value: string): Promise<number> =>
      (await daemon.ask('GET /health', { host, origin: value })).status;
    expect(await origin('localhost:1', 'http://localhost:1')).toBe(200);
    expect(await origin('LOCALHOST.:1', 'http://localhost:1')).toBe(200);
    expect(await origin('[::ffff:127.0.0.1]', 'HTTP://127.0.0.1')).toBe(200);
    for (const other of [
      'https://localhost:1',
      'http://localhost:2',
      'null',
      'http://evil.example',
    ])
      expect(await origin('localhost:1', other)).toBe(403);
  });
});
