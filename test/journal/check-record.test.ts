import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRecord, type Fields, recordSchema } from '../../src/journal/records/check-record.js';
import { AT } from './rig.js';

const STARTED = { seq: 7, at: AT, type: 'task.started', task: 'a', attempt: 1 };
const SUCCEEDED = { ...STARTED, type: 'task.succeeded', output: { x: [1] } };

/** Any value where one of the right kind is due. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -1,
    1,
    1.5,
    2 ** 53,
    Number.NaN,
    '',
    'a',
    null,
    true,
    [],
    {},
    undefined,
  ),
  fc.jsonValue(),
);
const fields = fc.constantFrom<string>(...Object.keys(SUCCEEDED), 'outputFile', 'ahead', 'x');
const records = fc
  .tuple(
    fc.constantFrom<Fields>(STARTED, SUCCEEDED),
    fc.array(fc.tuple(fields, values), { maxLength: 3 }),
    fc.array(fields, { maxLength: 2 }),
  )
  .map(([record, changes, gone]) =>
    Object.fromEntries(
      Object.entries({ ...record, ...Object.fromEntries(changes) }).filter(
        ([key]) => !gone.includes(key),
      ),
    ),
  );

describe('the check of a record', () => {
  it('says of frequent records, and of what is near them, what the schema says', () => {
    fc.assert(
      fc.property(records, (record) => {
        const parsed = recordSchema().safeParse(record);
        const found = checkRecord(record);
        expect('record' in found).toBe(parsed.success);
        if ('record' in found) expect(found.record).toStrictEqual(parsed.data);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a success with its output in a file, and one without any', () => {
    const { output: _, ...bare } = SUCCEEDED;
    const outputFile = { path: 'outputs/a.json', sha256: 'ff', bytes: 1 };
    expect(checkRecord(bare)).toEqual({ record: bare });
    expect(checkRecord({ ...bare, outputFile })).toEqual({ record: { ...bare, outputFile } });
  });

  it.each(['__proto__', 'toString', 'next'])('refuses a start with %s beside it', (key) => {
    const text = JSON.stringify(STARTED).replace('{', `{${JSON.stringify(key)}:1,`);
    expect(checkRecord(JSON.parse(text) as Fields)).toHaveProperty('issue');
  });
});
