import { STATUS_CODES } from 'node:http';

/** On every answer: nobody may keep it, or take it for what it does not say it is. */
export const SAFE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** The JSON of a problem. */
export function problemText(code: string, message: string): string {
  return JSON.stringify({ error: { code, message } });
}

/** An answer as it goes over the wire, to what was no request; the connection ends with it. */
export function rawAnswer(status: number, code: string, message: string): string {
  const body = problemText(code, message);
  const headers = {
    ...SAFE_HEADERS,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...(status === 503 ? { 'retry-after': 1 } : {}),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
