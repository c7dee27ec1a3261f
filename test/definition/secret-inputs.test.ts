import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../src/definition/json.js';
import { hiddenNames, hideInput, restoreInput } from '../../src/definition/secret-inputs.js';
import { secretPathsOfJsonSchema } from '../../src/definition/secret-schema.js';
import { defineWorkflow, workflowFromData } from '../../src/index.js';

const input: JsonObject = {
  token: 'abcdef',
  db: { user: 'u', password: 'hunter2!' },
  servers: [{ key: 'first key' }, { key: 'second key', name: 'b' }],
  'a.b': { c: 'dotted' },
};

describe('secret parts of an input', () => {
  it.each<[string, string[][], JsonValue, Record<string, string>]>([
    [
      'a text',
      [['token']],
      { ...input, token: { $secret: 'input.token' } },
      { 'input.token': 'abcdef' },
    ],
    [
      'all texts below',
      [['db']],
      {
        ...input,
        db: { user: { $secret: 'input.db.user' }, password: { $secret: 'input.db.password' } },
      },
      { 'input.db.user': 'u', 'input.db.password': 'hunter2!' },
    ],
    [
      'one of each in a list',
      [['servers', '*', 'key']],
      {
        ...input,
        servers: [
          { key: { $secret: 'input.servers.0.key' } },
          { key: { $secret: 'input.servers.1.key' }, name: 'b' },
        ],
      },
      { 'input.servers.0.key': 'first key', 'input.servers.1.key': 'second key' },
    ],
    [
      'a key with a dot',
      [['a.b', 'c']],
      { ...input, 'a.b': { c: { $secret: 'input.a.b.c' } } },
      { 'input.a.b.c': 'dotted' },
    ],
    ['nothing that is not there', [['no'], ['token', 'x'], ['servers', '7']], input, {}],
  ])('are taken out: %s', (_what, paths, hidden, values) => {
    const found = hideInput(input, paths);
    expect(found).toEqual({ input: hidden, values, problems: [] });
    expect(hiddenNames(found.input, paths).sort()).toEqual(Object.keys(values).sort());
    expect(restoreInput(found.input, paths, (name) => values[name] ?? '?')).toEqual(input);
  });

  it('can be the whole input', () => {
    const { input: hidden, values } = hideInput('all of it', [[]]);
    expect(hidden).toEqual({ $secret: 'input' });
    expect(values).toEqual({ input: 'all of it' });
  });

  it('leave alone what has nothing to hide, and what looks like a mark elsewhere', () => {
    const odd = { token: null, on: true, other: { $secret: 'input.token' } };
    const paths = [['token'], ['on']];
    const hidden = hideInput(odd, paths);
    expect(hidden).toEqual({ input: odd, values: {}, problems: [] });
    expect(restoreInput(hidden.input, paths, () => 'never')).toEqual(odd);
  });

  it('must be text, and have names of their own', () => {
    expect(hideInput({ pin: 1234 }, [['pin']]).problems).toEqual([
      { path: 'pin', message: expect.stringContaining('must be text') },
    ]);
    const twice = { 'a.b': 'one', a: { b: 'two' } };
    expect(hideInput(twice, [['*']]).problems).toEqual([
      { path: 'a.b', message: expect.stringContaining('two secrets') },
    ]);
  });

  it('come back as they were, whatever overlaps', () => {
    const key = fc.constantFrom('a', 'b', '$secret', '__proto__', '0');
    const value = fc.letrec<{ node: JsonValue }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.constantFrom(null, true),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    const path = fc.array(fc.oneof(key, fc.constant('*')), { maxLength: 3 });
    fc.assert(
      fc.property(value, fc.array(path, { maxLength: 3 }), (given, paths) => {
        const hidden = hideInput(given, paths);
        const names = hiddenNames(hidden.input, paths);
        expect(names.sort()).toEqual(Object.keys(hidden.values).sort());
        const restored = restoreInput(hidden.input, paths, (name) => hidden.values[name] ?? '?');
        expect(JSON.stringify(restored)).toBe(JSON.stringify(given));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('where a definition says which parts are secret', () => {
  const specOf = (options: object) =>
    defineWorkflow('w', { ...options, tasks: () => ({}) }).spec.secretInputs;

  it('is a list of paths', () => {
    expect(specOf({ secretInputs: ['token', 'db.password', ['a.b', 'c'], ''] })).toEqual([
      ['token'],
      ['db', 'password'],
      ['a.b', 'c'],
      [],
    ]);
    expect(specOf({})).toBe(undefined);
    expect(() => specOf({ secretInputs: ['a..b'] })).toThrow('"a..b" is not a path');
  });

  it('is the zod schema, too', () => {
    const secret = z.string().meta({ secret: true });
    const schema = z.object({
      token: secret,
      servers: z.array(z.object({ key: secret.optional() })),
      byName: z.record(z.string(), secret),
      either: z.union([z.object({ a: secret }), z.object({ b: z.number() })]),
      pair: z.tuple([z.string(), secret]),
      plain: z.string(),
      date: z.date().optional(),
    });
    expect(specOf({ input: schema, secretInputs: ['token', 'more'] })).toEqual([
      ['token'],
      ['more'],
      ['servers', '*', 'key'],
      ['byName', '*'],
      ['either', 'a'],
      ['pair', '1'],
    ]);
  });

  it('is the JSON Schema of a workflow file, too', () => {
    const schema = { type: 'object', properties: { token: { type: 'string', secret: true } } };
    const file = { name: 'w', secretInputs: ['db.password'], input: schema, tasks: [] };
    expect(workflowFromData(file).spec.secretInputs).toEqual([['db', 'password'], ['token']]);
  });

  it('may be a schema that holds itself', () => {
    const schema = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          properties: { key: { secret: true }, next: { $ref: '#/$defs/node' } },
        },
      },
    };
    expect(secretPathsOfJsonSchema(schema)).toEqual([['key']]);
  });
});
