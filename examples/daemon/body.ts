import { MIMEType } from 'node:util';
import type { Context } from 'hono';
import { type JsonValue, parseJson } from 'nuflow';
import { Problem } from './problem.js';

/** Longest body, bytes. */
const MAX_BODY = 64 * 1024;
/** A longer one is read up to here before it is refused: most clients look at the answer only then. Bytes. */
const MAX_DISCARDED = 1024 * 1024;
const MAX_DEPTH = 100;

/** The JSON of a request's body. Throws Problem 413, 415, and 400 for a client that went away; BadJsonError. A compressed body is refused. */
export async function jsonBody(c: Context): Promise<JsonValue> {
  assertJson(c.req.header('content-type'));
  assertPlain(c.req.header('content-encoding'));
  return parseJson(await readBody(c.req.raw), { what: 'the body', maxDepth: MAX_DEPTH }).value;
}

/** As {@link jsonBody}; undefined without a body. */
export async function optionalJsonBody(c: Context): Promise<JsonValue | undefined> {
  const length = c.req.header('content-length') ?? '0';
  const isEmpty = /^0+$/.test(length) && c.req.header('transfer-encoding') === undefined;
  return isEmpty ? undefined : jsonBody(c);
}

/** A web page can send text/plain to anyone without asking; application/json it can't. */
function assertJson(contentType: string | undefined): void {
  const type = mimeType(contentType ?? '');
  const others = [...(type?.params.keys() ?? [])].filter((name) => name !== 'charset');
  const charset = type?.params.get('charset') ?? 'utf-8';
  if (type?.essence !== 'application/json' || others.length > 0 || !/^utf-?8$/i.test(charset))
    throw new Problem(415, 'content_type', 'send application/json, in UTF-8');
}

function assertPlain(encoding = 'identity'): void {
  if (!/^(identity)?$/i.test(encoding.trim()))
    throw new Problem(415, 'content_encoding', 'send the body as it is, without Content-Encoding');
}

/** Whether a client that asks first (`Expect: 100-continue`) may send its body. */
export function mayContinue(contentLength: string | undefined): boolean {
  return Number(contentLength ?? 0) <= MAX_BODY;
}

function mimeType(text: string): MIMEType | undefined {
  try {
    return new MIMEType(text);
  } catch {
    return undefined;
  }
}

async function readBody({ body, headers }: Request): Promise<Uint8Array> {
  const declared = Number(headers.get('content-length') ?? 0);
  if (body === null) return new Uint8Array();
  const waits = headers.has('expect'); // and sends nothing until it is told to
  if (declared > (waits ? MAX_BODY : MAX_DISCARDED)) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(clientGone);
    if (done || size > MAX_DISCARDED) break;
    size += value.length;
    if (size <= MAX_BODY) chunks.push(value);
  }
  if (size > MAX_BODY) throw tooLarge();
  return Buffer.concat(chunks);
}

function tooLarge(): Problem {
  return new Problem(413, 'too_large', `a body has at most ${MAX_BODY} bytes`);
}

/** Nobody hears this answer. */
function clientGone(): never {
  throw new Problem(400, 'aborted', 'the body ended before its end');
}
