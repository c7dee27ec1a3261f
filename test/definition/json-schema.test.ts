import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaAsData } from '../../src/definition/fingerprint.js';
import type { JsonValue } from '../../src/definition/json.js';
import { schemaFromData } from '../../src/definition/json-schema.js';

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

  it('made of a zod schema takes what that takes', async () => {
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
