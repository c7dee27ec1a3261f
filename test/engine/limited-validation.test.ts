import { describe, expect, it } from 'vitest';
import { type JsonValue, workflowFromData } from '../../src/index.js';
import { EngineRig } from '../support/engine-rig.js';

const ENDLESS = '^(a+)+$';
/** Forty characters on which that pattern takes years. */
const TEXT = `${'a'.repeat(40)}!`;

const workflow = (schemas: { readonly input?: JsonValue; readonly output?: JsonValue }) => {
  const { output, ...rest } = schemas;
  const task = { id: 'a', runner: 'test', with: {}, ...(output === undefined ? {} : { output }) };
  return workflowFromData({ name: 'w', version: '1', tasks: [task], ...rest });
};

describe('a schema that is data', () => {
  it.each<JsonValue>([
    { type: 'string', pattern: ENDLESS },
    { type: 'array', items: { anyOf: [{ type: 'string', pattern: ENDLESS }] } },
    { type: 'object', patternProperties: { [ENDLESS]: { type: 'number' } } },
  ])('does not hold up the program for ever by a pattern: %j', async (schema) => {
    const rig = await EngineRig.open();
    const { type } = schema as { readonly type: string };
    const value = type === 'string' ? TEXT : type === 'array' ? [TEXT] : { [TEXT]: 1 };
    const refused = rig.start(workflow({ input: schema }), { input: value, id: 'other' });
    await expect(refused).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_INPUT',
      message: expect.stringContaining('its schema took more than 1000 ms'),
    });
    const run = await rig.start(workflow({ output: schema }));
    (await rig.runner.started('a')).succeed(value);
    expect(await run.result).toMatchObject({
      status: 'failed',
      failures: [{ error: { code: 'NUFLOW_OUTPUT_INVALID' } }],
    });
  });

  it('says what it said before of all others', async () => {
    const rig = await EngineRig.open();
    const schema = { type: 'string', pattern: '^b(?=c)', minLength: 2 };
    const run = await rig.start(workflow({ input: schema, output: schema }), { input: 'bc' });
    (await rig.runner.started('a')).succeed('bcd');
    expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { a: 'bcd' } });
    const refused = rig.start(workflow({ input: schema }), { input: 'bd', id: 'other' });
    await expect(refused).rejects.toMatchObject({ code: 'NUFLOW_INVALID_INPUT' });
  });

  const inside = (part: JsonValue): JsonValue => ({
    $ref: '#/$defs/list',
    $defs: { list: part },
  });
  const list: JsonValue = { type: 'array', items: { $ref: '#/$defs/list' } };
  const nested = (levels: number): JsonValue => {
    let value: JsonValue = 'the end';
    for (let i = 0; i < levels; i += 1) value = [value];
    return value;
  };

  it.each<JsonValue>([
    inside({ anyOf: [list, list] }),
    inside({ oneOf: [list, list] }),
    inside({ allOf: [list, list] }),
  ])(
    'does not hold up the program for ever by alternatives inside themselves: %j',
    async (schema) => {
      const rig = await EngineRig.open();
      const refused = rig.start(workflow({ input: schema }), { input: nested(60), id: 'other' });
      await expect(refused).rejects.toMatchObject({ code: 'NUFLOW_INVALID_INPUT' });
      const run = await rig.start(workflow({ output: schema }));
      (await rig.runner.started('a')).succeed(nested(60));
      expect(await run.result).toMatchObject({
        failures: [{ error: { code: 'NUFLOW_OUTPUT_INVALID' } }],
      });
    },
  );
});
