import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertJson, canonicalJson, type JsonValue } from '../../src/definition/json.js';
import { NotJsonError } from '../../src/errors.js';

/** What is refused, where, and as what. */
function refusal(value: unknown): { code: string; path: string; message: string } {
  try {
    assertJson(value, 'the value');
  } catch (error) {
    if (error instanceof NotJsonError)
      return { code: error.code, path: error.path, message: error.message };
    throw error;
  }
  throw new Error('it was taken');
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function holed(): number[] {
  const list = [1];
  list[2] = 3;
  return list;
}

class Server {
  readonly name = 'wuji';
}

describe('what counts as JSON', () => {
  it('takes whatever JSON can hold, and gives an equal copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(assertJson(value, 'it')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('takes keys that are special to JavaScript as they are', () => {
    const text = '{"__proto__":{"constructor":1},"10":[],"":"","a.b":null}';
    expect(JSON.stringify(assertJson(JSON.parse(text), 'it'))).toBe(
      '{"10":[],"__proto__":{"constructor":1},"":"","a.b":null}',
    );
  });

  it('takes plain objects of another realm, and ones without prototype', () => {
    const foreign: unknown = runInNewContext('({ list: [1, { a: null }] })');
    expect(assertJson(foreign, 'it')).toEqual({ list: [1, { a: null }] });
    const bare: unknown = Object.assign(Object.create(null), { a: 1 });
    expect(assertJson(bare, 'it')).toEqual({ a: 1 });
  });

  it('takes a value that is in two places', () => {
    const shared = { a: 1 };
    expect(assertJson([shared, { shared }], 'it')).toEqual([{ a: 1 }, { shared: { a: 1 } }]);
  });

  it('gives a copy that later changes of the original do not reach, and that can not be changed', () => {
    const original = { list: [{ n: 1 }] };
    const copy = assertJson(original, 'it') as unknown as typeof original;
    original.list.push({ n: 2 });
    expect(copy).toEqual({ list: [{ n: 1 }] });
    expect(() => copy.list.push({ n: 3 })).toThrow(TypeError);
    expect(() => Object.assign(copy.list[0] as object, { n: 3 })).toThrow(TypeError);
  });

  it('makes 0 of -0, as JSON does', () => {
    expect(assertJson(-0, 'it')).toBe(0);
  });

  it.each<[what: string, value: unknown, path: string, found: string]>([
    ['undefined', undefined, '$', 'undefined'],
    ['undefined in an object', { a: { b: undefined } }, '$.a.b', 'undefined'],
    ['a hole of an array', { list: holed() }, '$.list[1]', 'undefined'],
    ['NaN', [0, Number.NaN], '$[1]', 'NaN'],
    ['Infinity', { a: [[Number.NEGATIVE_INFINITY]] }, '$.a[0][0]', '-Infinity'],
    ['a BigInt', { 'a b': 1n }, '$["a b"]', 'a bigint'],
    ['a symbol', [Symbol('x')], '$[0]', 'a symbol'],
    ['a function', { run: () => 1 }, '$.run', 'a function'],
    ['a Date', { servers: [{}, { at: new Date(0) }] }, '$.servers[1].at', 'an instance of Date'],
    ['a Map', { __proto__: null, a: new Map() }, '$.a', 'an instance of Map'],
    ['a Set', new Set([1]), '$', 'an instance of Set'],
    ['an Error', { error: new Error('no') }, '$.error', 'an instance of Error'],
    ['bytes', { bytes: new Uint8Array(2) }, '$.bytes', 'an instance of Uint8Array'],
    ['an instance of a class', { server: new Server() }, '$.server', 'an instance of Server'],
    ['a lone surrogate', { text: 'a\ud800' }, '$.text', 'a lone surrogate'],
    ['a lone surrogate in a key', { a: { '\udc00': 1 } }, '$.a["\\udc00"]', 'under a key'],
  ])('refuses %s, and says where it is', (_what, value, path, found) => {
    const refused = refusal(value);
    expect(refused).toMatchObject({ code: 'NUFLOW_NOT_JSON', path });
    expect(refused.message).toMatch(/^the value is not JSON: /);
    expect(refused.message).toContain(found);
  });

  it('refuses a cycle where it closes', () => {
    const node: { name: string; next?: unknown } = { name: 'a' };
    node.next = [{ name: 'b', next: node }];
    expect(refusal({ node })).toMatchObject({ path: '$.node.next[0].next' });
  });

  it('refuses what is nested so deep that writing it would overflow the stack', () => {
    expect(JSON.stringify(assertJson(nested(1_000), 'it'))).toHaveLength(2_001);
    expect(refusal(nested(1_002)).message).toContain('nested deeper than 1000');
    expect(refusal(nested(1_000_000)).path).toMatch(/^\$(\[0\])+ … (\[0\])+$/);
  });
});

describe('canonical JSON', () => {
  it('is the same text in whatever order keys were added, at any depth', () => {
    const a = { x: [{ b: 1, a: { d: null, c: '' } }], y: 0 };
    const b = { y: 0, x: [{ a: { c: '', d: null }, b: 1 }] };
    expect(canonicalJson(a)).toBe(canonicalJson(b));
    expect(canonicalJson({ '10': 1, __proto__: null, '9': 2 } as unknown as JsonValue)).toBe(
      '{"9":2,"10":1}',
    );
  });

  it('keeps the order of arrays, and keeps unequal values apart', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
    expect(canonicalJson({ a: null })).not.toBe(canonicalJson({}));
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });
});
