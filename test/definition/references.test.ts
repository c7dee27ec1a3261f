import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/definition/json.js';
import { checkReferences, type References, resolve } from '../../src/definition/references.js';

/** Outputs of needed tasks; one without output (skipped, failed) is null here. */
const OUTPUTS: Readonly<Record<string, JsonValue>> = {
  network: { id: 'n1', 'a.b': { c: 1 }, list: [{ n: 'first' }, null] },
  'net.work': { id: 'dotted' },
  net: { work: { id: 'not this' } },
  '..': 'dots',
  constructor: { prototype: 'mine' },
};

const references: References = {
  input: { name: 'wuji', servers: [{ size: 4 }], zero: 0, nothing: null, no: false },
  output: (task) => (Object.hasOwn(OUTPUTS, task) ? OUTPUTS[task] : undefined),
  needs: (task) => Object.hasOwn(OUTPUTS, task) || task === 'skipped',
  call: (field) => `called ${field}`,
  secret: (name) => `secret ${name}`,
};

describe('references', () => {
  it.each<[JsonValue, JsonValue]>([
    [{ $input: 'name' }, 'wuji'],
    [{ $secret: 'TOKEN' }, 'secret TOKEN'],
    [{ $input: '' }, references.input],
    [{ $input: [] }, references.input],
    [{ $input: 'servers.0.size' }, 4],
    [{ $input: ['servers', '0', 'size'] }, 4],
    [{ $input: 'zero' }, 0],
    [{ $input: 'nothing' }, null],
    [{ $input: 'nothing', $default: 1 }, null],
    [{ $input: 'no', $default: true }, false],
    [{ $input: 'missing', $default: { $input: 'name' } }, { $input: 'name' }],
    [{ $input: 'missing', $default: null }, null],
    [{ $output: 'network.id' }, 'n1'],
    [{ $output: ['network', 'a.b', 'c'] }, 1],
    [{ $output: 'network.list.0.n' }, 'first'],
    [{ $output: 'net.work.id' }, 'dotted'],
    [{ $output: ['net', 'work', 'id'] }, 'not this'],
    [{ $output: '..' }, 'dots'],
    [{ $output: 'constructor.prototype' }, 'mine'],
    [{ $output: 'skipped.id', $default: 'none' }, 'none'],
    [{ $literal: { $input: 'name' } }, { $input: 'name' }],
    [{ $function: 'args' }, 'called args'],
    [
      ['a', { deep: [{ $input: 'name' }] }],
      ['a', { deep: ['wuji'] }],
    ],
    [
      { $default: 1, other: '$input' },
      { $default: 1, other: '$input' },
    ],
    ['$input', '$input'],
    [null, null],
  ])('%j becomes %j', (template, value) => {
    expect(resolve(template, references)).toEqual(value);
  });

  it('keeps keys that are special to JavaScript', () => {
    const template = JSON.parse('{"__proto__":{"$input":"name"},"constructor":1}');
    expect(JSON.stringify(resolve(template, references))).toBe(
      '{"__proto__":"wuji","constructor":1}',
    );
  });

  it.each<JsonValue>([
    { $input: 'missing' },
    { $input: 'name.length' },
    { $input: 'servers.length' },
    { $input: 'servers.1' },
    { $input: 'servers.00' },
    { $input: 'nothing.at' },
    { $input: 'constructor' },
    { $input: '__proto__' },
    { $output: 'network.toString' },
    { $output: 'skipped' },
    { $output: 'unknown.id' },
  ])('%j names no part, and says so with the reference', (template) => {
    expect(() => resolve({ at: [template] }, references)).toThrow(
      expect.objectContaining({
        code: 'NUFLOW_MISSING_REFERENCE',
        message: expect.stringContaining(JSON.stringify(template)),
      }),
    );
  });
});

describe('the check of references before a run', () => {
  const check = (template: JsonValue) => () =>
    checkReferences(
      template,
      { needs: new Set(['network', 'a.b']), functions: new Set(['args']) },
      'tasks.t',
    );

  it.each<JsonValue>([
    { args: [{ $input: 'anything.at.all' }, { $output: 'network.id' }] },
    { $output: ['a.b', 'x'] },
    { $output: 'a.b.x', $default: null },
    { $literal: { $output: 'stranger' } },
    { $function: 'args' },
    { text: '$output' },
    { $literal: { $outptu: 'network' } },
    { $: 1, $1: 2, a$b: 3 },
  ])('takes %j', (template) => {
    expect(check(template)).not.toThrow();
  });

  it.each<[JsonValue, place: string, why: RegExp]>([
    [{ args: [{ $output: 'stranger.id' }] }, 'tasks.t.args.0', /"stranger", which this task does/],
    [{ $output: 'a' }, 'tasks.t', /output of "a"/],
    [{ $output: [] }, 'tasks.t', /does not need/],
    [{ $output: '' }, 'tasks.t', /does not need/],
    [{ $input: 1 }, 'tasks.t', /\$input takes a path such as/],
    [{ $input: null }, 'tasks.t', /\$input takes a path/],
    [{ flags: { $output: ['network', 0] } }, 'tasks.t.flags', /\$output takes a path/],
    [{ $input: 'a', $defualt: 1 }, 'tasks.t', /"\$defualt" beside \$input/],
    [{ $input: 'a', $output: 'network' }, 'tasks.t', /"\$output" beside \$input/],
    [{ args: { $function: 'flags' } }, 'tasks.t.args', /no function came with it/],
    [{ args: { $function: 1 } }, 'tasks.t.args', /no function came with it/],
    [{ args: [{ $outptu: 'network.id' }] }, 'tasks.t.args.0', /"\$outptu".*mean "\$output"/],
    [{ a: 1, $default: 1 }, 'tasks.t', /"\$default", which is no kind of reference; if the whole/],
    [{ $schema: 'x' }, 'tasks.t', /wrap it in \{ "\$literal"/],
    [{ $literal: 1, more: 2 }, 'tasks.t', /"more" beside \$literal/],
    [{ $literal: 1, $default: 2 }, 'tasks.t', /"\$default" beside \$literal/],
  ])('refuses %j, naming the place', (template, path, why) => {
    expect(check(template)).toThrow(
      expect.objectContaining({
        code: 'NUFLOW_INVALID_DEFINITION',
        message: expect.stringMatching(why),
        details: expect.objectContaining({ path }),
      }),
    );
  });
});
