import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';

const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{0,5}))?$/i;
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;
/** Addresses that stand for every address of this machine. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);
const LOOPBACKS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A name or address in the one form in which they are compared: lower case, without a dot at the end, IPv6 short, in
 * brackets and without its zone, IPv4 within IPv6 as IPv4. Undefined for what is neither.
 */
export function normalHost(host: string): string | undefined {
  const bare = host.replace(/%.*$/, '').replace(/\.$/, '');
  const url = `http://${bare.includes(':') && !bare.startsWith('[') ? `[${bare}]` : bare}`;
  if (!HOST_AND_PORT.test(url.slice('http://'.length)) || !URL.canParse(url)) return undefined;
  return mappedToIPv4(new URL(url).hostname);
}

/** The normal form of what a Host header, or the authority of a URL, names; its port is left out. */
export function namedHost(header: string | undefined): string | undefined {
  const host = HOST_AND_PORT.exec(header ?? '')?.[1];
  return host === undefined ? undefined : normalHost(host);
}

/** The normal form of what a URL names; undefined where it can't be read: `http://1.2.3.4.5/`. */
export function urlHost(url: string): string | undefined {
  return URL.canParse(url) ? namedHost(new URL(url).host) : undefined;
}

/** A Host header in its normal form, with its port; as it is when it names nothing. */
export function normalAuthority(header: string): string {
  const port = HOST_AND_PORT.exec(header)?.[2] ?? '';
  const host = namedHost(header);
  if (host === undefined) return header;
  return port === '' ? host : `${host}:${port}`;
}

/** Whether an Origin header names what a Host header names, over HTTP. */
export function isOwnOrigin(origin: string, host: string): boolean {
  const [, authority] = /^http:\/\/(.+)$/i.exec(origin) ?? [];
  return authority !== undefined && normalAuthority(authority) === normalAuthority(host);
}

function mappedToIPv4(host: string): string {
  const [, high, low] = MAPPED.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  const bits = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** What to listen on for a name or address as it was given: `[::1]`, `LOCALHOST`, `name.`. */
export function bindHost(given: string): string {
  return given
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** Names by which a daemon that listens on `given` may be called. */
export function hostNames(given: string): Set<string> {
  const own = normalHost(bindHost(given));
  const all = own === undefined ? LOOPBACKS : [...LOOPBACKS, own];
  const machine = normalHost(hostname());
  const isEverywhere = own !== undefined && WILDCARDS.has(own);
  return new Set(isEverywhere && machine !== undefined ? [...all, ...WILDCARDS, machine] : all);
}

/** A URL that reaches what listens there; of every address, the loopback one. */
export function reachableUrl({ address, family, port }: AddressInfo): string {
  if (address === '::') return `http://[::1]:${port}`;
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  const fallback = family === 'IPv6' ? `[${address}]` : address;
  return `http://${normalHost(address) ?? fallback}:${port}`;
}
