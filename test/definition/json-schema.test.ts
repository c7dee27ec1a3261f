import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaAsData } from '../../src/definition/fingerprint.js';
import type { JsonValue } from '../../src/definition/json.js';
import { schemaFromData } from '../../src/definition/json-schema.js';
import type { StandardSchema } from '../../src/definition/standard-schema.js';

async function passes(schema: JsonValue, value: unknown): Promise<boolean> {
  const result = await schemaFromData(schema)['~standard'].validate(value);
  return result.issues === undefined;
}

describe('a JSON Schema in a definition', () => {
  it.each<[schema: JsonValue, good: JsonValue, bad: JsonValue]>([
    [true, 1, undefined as never],
    [{ type: 'string', minLength: 2, pattern: '^a' }, 'ab', 'b'],
    [{ type: ['string', 'null'], minLength: 2 }, null, 'a'],
    [{ type: 'integer', minimum: 3 }, 3, 2],
    [{ enum: [1, 'a', null] }, null, 2],
    [{ type: 'string', enum: ['a', 'b'] }, 'a', 'c'],
    [{ const: 'a' }, 'a', 'b'],
    [{ type: 'object', required: ['id'] }, { id: 1 }, {}],
    [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'id'] },
      { a: 'x', id: null },
      { a: 'x' },
    ],
    [
      { type: 'object', required: ['n'], additionalProperties: { type: 'number' } },
      { n: 1 },
      { n: 'x' },
    ],
    [
      { type: 'object', properties: { a: { type: 'object', required: ['b'] } } },
      { a: { b: 1 } },
      { a: {} },
    ],
    [{ type: 'array', minItems: 2 }, [1, 2], [1]],
    [{ type: 'array', maxItems: 1 }, [1], [1, 2]],
    [{ type: 'array', items: { type: 'array', minItems: 1 } }, [[1]], [[]]],
    [{ type: 'array', prefixItems: [{ type: 'string' }] }, ['a', 1], [1]],
    [{ anyOf: [{ type: 'object', required: ['a'] }, { type: 'null' }] }, null, {}],
    [
      {
        allOf: [
          { type: 'object', required: ['a'] },
          { type: 'object', required: ['b'] },
        ],
      },
      { a: 1, b: 1 },
      { a: 1 },
    ],
    [{ type: 'string', allOf: [{ pattern: '^a' }, { pattern: 'b$' }] }, 'ab', 'a'],
    [{ type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] }, { b: 1 }, { c: 1 }],
    [{ $ref: '#/$defs/x', $defs: { x: { type: 'object', required: ['a'] } } }, { a: 1 }, {}],
  ])('%j takes %j and refuses %j', async (schema, good, bad) => {
    expect(await passes(schema, good)).toBe(true);
    if (bad !== undefined) expect(await passes(schema, bad)).toBe(false);
  });

  it.each<[schema: JsonValue, why: RegExp]>([
    [{ minLength: 3 }, /^\$\.minLength needs "type": "string" beside it/],
    [{ minimum: 3 }, /"type": "number"/],
    [{ properties: { a: {} } }, /"type": "object"/],
    [{ type: 'string', required: ['a'] }, /"type": "object"/],
    [
      { type: 'object', properties: { list: { items: {} } } },
      /^\$\.properties\.list\.items needs "type": "array"/,
    ],
    [{ anyOf: [{ type: 'null' }, { required: ['a'] }] }, /^\$\.anyOf\[1\]\.required/],
    [
      { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'string' } } },
      /minLength stands beside \$ref/,
    ],
    [{ not: { type: 'string' } }, /not is not supported/],
    [{ if: { type: 'string' } }, /if\/then\/else/],
    [{ type: 'text' }, /type: text/],
    [{ type: 'string', pattern: '(' }, /regular expression/i],
    [{ type: 'array', items: [{ type: 'string' }] }, /^\$\.items must be an object/],
    ['string', /^\$ must be an object/],
    [null, /^\$ must be an object/],
    [[], /^\$ must be an object/],
  ])('is refused rather than half understood: %j', (schema, why) => {
    expect(() => schemaFromData(schema)).toThrow(why);
  });

  const doubling = (levels: number, keyword: string): JsonValue => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries([
      ...Array.from({ length: levels }, (_, i) => {
        const next = { $ref: `#/$defs/d${i + 1}` };
        const part = keyword === 'properties' ? { a: next, b: next } : [next, next];
        return [`d${i}`, { [keyword]: part, ...TYPES_BESIDE[keyword] }];
      }),
      [`d${levels}`, { type: 'string' }],
    ]),
  });
  const TYPES_BESIDE: { readonly [keyword: string]: { readonly type: string } } = {
    properties: { type: 'object' },
    prefixItems: { type: 'array' },
  };

  it.each(['anyOf', 'oneOf', 'allOf', 'properties', 'prefixItems'])(
    'is refused when its references double it again and again: %s',
    async (keyword) => {
      expect(() => schemaFromData(doubling(28, keyword))).toThrow(
        /references stand for more than 10000 further schemas/,
      );
      expect(schemaFromData(doubling(8, keyword))).toBeDefined();
    },
  );

  it('may be long where it is written out', () => {
    const names = Array.from({ length: 11_000 }, (_, i) => [`n${i}`, { type: 'string' }]);
    const schema = { type: 'object', properties: Object.fromEntries(names) };
    expect(schemaFromData(schema)).toBeDefined();
  });

  it('may refer to itself for parts of the value', async () => {
    const schema: JsonValue = {
      type: 'object',
      properties: { next: { anyOf: [{ type: 'null' }, { $ref: '#' }] } },
      required: ['next'],
    };
    expect(await passes(schema, { next: { next: null } })).toBe(true);
    expect(await passes(schema, { next: { next: 1 } })).toBe(false);
  });

  it.each<[schema: JsonValue, why: RegExp]>([
    [{ $ref: '#' }, /refers to itself for the same value/],
    [{ anyOf: [{ type: 'null' }, { $ref: '#' }] }, /refers to itself for the same value/],
    [
      {
        $ref: '#/$defs/a',
        $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { oneOf: [{ $ref: '#/$defs/a' }] } },
      },
      /refers to itself for the same value/,
    ],
    [{ $ref: '#/$defs/a/b', $defs: { a: { type: 'string' } } }, /must be "#" or "#\/\$defs\/NAME"/],
    [{ $ref: 'other.json' }, /must be "#" or/],
    [{ $ref: 1 }, /must be "#" or/],
    [{ $ref: '#/$defs/constructor', $defs: {} }, /names no schema/],
    [{ $ref: '#/$defs/a' }, /names no schema/],
  ])('is refused when a reference has no end or no meaning: %j', (schema, why) => {
    expect(() => schemaFromData(schema)).toThrow(why);
  });

  const SAMPLES: readonly unknown[] = [
    ...[null, true, false, 0, -1, 1, 1.5, 3, 7, 100, '', 'a', 'ab', 'abc', 'Ab', '12', 'x@y.org'],
    ...['2026-01-02', '2026-01-02T03:04:05Z', 'not', '00000000-0000-4000-8000-000000000000'],
    ...[
      [],
      ['a'],
      ['a', 'a'],
      ['a', 1],
      [1, 2, 3],
      [[]],
      {},
      { a: 1 },
      { a: 'a' },
      { a: 'a', b: 1 },
    ],
    ...[
      { b: 1 },
      { kind: 'x', n: 1 },
      { kind: 'y', s: 'a' },
      { kind: 'x' },
      { x: 1, y: 2 },
      { x: 'a' },
    ],
  ];

  it.each<[what: string, schema: z.ZodType]>([
    ['lengths', z.string().min(2).max(2)],
    ['a pattern', z.string().regex(/^a/)],
    ['several patterns', z.string().startsWith('a').endsWith('c').includes('b')],
    ['patterns and lengths', z.string().regex(/^a/).regex(/b$/).min(2)],
    ['an email', z.email()],
    ['a date', z.iso.date()],
    ['an instant', z.iso.datetime()],
    ['a UUID', z.uuid()],
    ['numbers in a range', z.number().gt(0).lte(3)],
    ['whole numbers', z.int()],
    ['multiples', z.number().multipleOf(3)],
    ['nullables', z.string().nullable()],
    ['unions', z.union([z.string().max(1), z.number().min(3), z.null()])],
    [
      'tagged unions',
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('x'), n: z.number() }),
        z.object({ kind: z.literal('y'), s: z.string() }),
      ]),
    ],
    ['literals', z.literal(['a', 1, null, true])],
    ['enums', z.enum(['a', 'ab'])],
    ['arrays', z.array(z.string()).min(1).max(1)],
    ['arrays of anything', z.array(z.unknown()).length(2)],
    ['tuples', z.tuple([z.string(), z.number()])],
    ['tuples with a rest', z.tuple([z.number()], z.number())],
    ['objects', z.object({ a: z.string(), b: z.number().optional() })],
    ['strict objects', z.strictObject({ a: z.string() })],
    ['loose objects', z.looseObject({ a: z.string() })],
    ['objects with a rest', z.object({ a: z.string() }).catchall(z.number())],
    ['records', z.record(z.string(), z.number())],
    ['records with keys', z.record(z.string().max(1), z.number())],
    ['anything', z.unknown()],
    ['JSON', z.json()],
  ])('made of a zod schema takes what that takes: %s', async (_what, schema) => {
    const data = schemaAsData(schema);
    if (data === undefined) return; // then the definition says that it holds more than data
    for (const sample of SAMPLES)
      expect([sample, await passes(data, sample)]).toEqual([
        sample,
        schema.safeParse(sample).success,
      ]);
  });

  it.each<[what: string, schema: StandardSchema]>([
    ['transforms', z.string().transform((text) => text.length)],
    ['refinements', z.string().refine((text) => text !== 'x')],
    ['checks of several fields', z.object({ a: z.string() }).superRefine(() => {})],
    ['defaults', z.object({ a: z.string().default('x') })],
    ['coercions', z.object({ n: z.coerce.number() })],
    ['trimming', z.string().trim()],
    ['codecs', z.stringbool()],
    ['what is no JSON', z.object({ at: z.date() })],
    ['what catches', z.number().catch(1)],
    [
      'what is of another vendor',
      { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
    ],
  ])('can not be made of %s', (_what, schema) => {
    expect(schemaAsData(schema)).toBeUndefined();
  });

  it('can be made of what most schemas are made of', () => {
    const schema = z.object({
      id: z.string().min(1),
      tags: z.array(z.enum(['a', 'b'])).optional(),
    });
    expect(schemaAsData(schema)).toBeDefined();
    expect(schemaAsData(z.string().startsWith('a').endsWith('c'))).toBeDefined();
  });

  it('made of a zod schema takes what that takes, whatever is given', async () => {
    const schema = z.object({
      id: z.string().min(1).optional(),
      n: z.union([z.int(), z.null()]),
      list: z.array(z.enum(['a', 'b'])).max(2),
      pair: z.tuple([z.string(), z.boolean()]).nullable(),
      by: z.record(z.string(), z.number()),
    });
    const data = schemaAsData(schema) as JsonValue;
    const part = fc.oneof(
      fc.constantFrom(null, '', 'a', 'b', 0, 1.5, true),
      fc.array(fc.constantFrom('a', 'b', true), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(1, 'a')),
    );
    const good = { n: 1, list: ['a'], pair: ['x', true], by: { x: 1 } };
    const value = fc.record(
      { id: part, n: part, list: part, pair: part, by: part },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(value, fc.subarray(Object.keys(good)), async (random, kept) => {
        const mixed = {
          ...random,
          ...Object.fromEntries(kept.map((key) => [key, good[key as keyof typeof good]])),
        };
        expect(await passes(data, mixed)).toBe(schema.safeParse(mixed).success);
      }),
    );
  });
});
