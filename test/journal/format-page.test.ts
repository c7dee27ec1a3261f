import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import {
  JOURNAL_FORMAT,
  RECORD_TYPES,
  recordDraftSchema,
} from '../../src/journal/records/record.js';
import { checkJournal } from '../../src/journal/repair/check.js';
import { findNushell } from '../../src/runners/nushell/find-nushell.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { JOURNAL, tempDir } from './rig.js';

const PAGE = readFileSync(new URL('../../docs/journal-format.md', import.meta.url), 'utf8');
const GOLDEN = fileURLToPath(new URL('golden/format-1/everything.ndjson', import.meta.url));

/** What is below a heading, up to the next. */
function section(heading: string): string {
  const [, text] = PAGE.split(new RegExp(`^#+ ${heading.replaceAll('.', '\\.')}$`, 'm'));
  if (text === undefined) throw new Error(`docs/journal-format.md has no section ${heading}`);
  return text.split(/^#/m)[0] ?? '';
}

/** Names in the first column of a section's table; `?` at the end of those that may be missing. */
const fieldsOf = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);

const blocks = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly $ref?: string;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const schemaOf = (type: string): JsonSchema => {
  const option = recordDraftSchema().options.find(({ shape }) => shape.type.value === type);
  return z.toJSONSchema(option as z.ZodType, {
    unrepresentable: 'any',
    reused: 'inline',
  }) as JsonSchema;
};
/** Fields as the page writes them. */
const namesIn = ({ properties = {}, required = [] }: JsonSchema): string[] =>
  Object.keys(properties)
    .filter((name) => name !== 'type')
    .map((name) => (required.includes(name) ? name : `${name}?`));

const field = (schema: JsonSchema, name: string): JsonSchema => schema.properties?.[name] ?? {};
const deref = (schema: JsonSchema, root: JsonSchema): JsonSchema =>
  schema.$ref === undefined ? schema : (root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {});

describe('docs/journal-format.md', () => {
  it('is about the format that is written', () => {
    expect(PAGE).toMatch(new RegExp(`^# The journal's format, version ${JOURNAL_FORMAT}\n`));
  });

  it('describes every type of record, and no other', () => {
    const described = [...PAGE.matchAll(/^### `([^`]+)`$/gm)].map(([, type]) => type);
    expect(described.sort()).toEqual([...RECORD_TYPES].sort());
  });

  it.each(RECORD_TYPES)('describes every field of %s, and every word a field may hold', (type) => {
    const schema = schemaOf(type);
    expect(fieldsOf(`\`${type}\``).sort()).toEqual(namesIn(schema).sort());
    for (const [name, { enum: words = [] }] of Object.entries(schema.properties ?? {}))
      for (const word of words)
        expect(section(`\`${type}\``), `${type}.${name}`).toContain(`\`${word}\``);
  });

  it.each([
    ['Error', 'task.failed', 'error'],
    ['Output file', 'task.succeeded', 'outputFile'],
    ['Workflow', 'run.started', 'workflow'],
  ])('describes every field of %s', (heading, type, name) => {
    const root = schemaOf(type);
    expect(fieldsOf(heading).sort()).toEqual(namesIn(deref(field(root, name), root)).sort());
  });

  it('describes every field of a task in a workflow', () => {
    const root = schemaOf('run.started');
    const workflow = deref(field(root, 'workflow'), root);
    const task = deref(field(workflow, 'tasks').items ?? {}, root);
    expect(fieldsOf('Task').sort()).toEqual(namesIn(task).sort());
    const retry = deref(field(task, 'retry'), root);
    expect(section('Task')).toContain(`{${Object.keys(retry.properties ?? {}).join(', ')}}`);
  });

  it('describes every reason to skip a task', () => {
    const { oneOf, anyOf } = field(schemaOf('task.skipped'), 'reason');
    const fields = new Set((oneOf ?? anyOf ?? []).flatMap(namesIn));
    expect(fieldsOf('Skip reason').sort()).toEqual([...fields].sort());
  });

  it('names the files where they are', () => {
    const dir = new DataDir(new MemoryFileSystem(), '/d');
    const layout = section('A data directory');
    expect(layout).toContain('tasks/0007-create-server/2/');
    expect(dir.attemptDir('r', 6, 'create server', 2)).toBe('/d/runs/r/tasks/0007-create-server/2');
    expect(layout).toContain('outputs/0007-create-server.2-<hex>.json');
    expect(dir.outputPath(6, 'create server', 2, 'abc')).toBe(
      'outputs/0007-create-server.2-abc.json',
    );
  });
});

describe('the example in docs/journal-format.md', () => {
  const [example = ''] = blocks('json');

  it('is a journal', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put(JOURNAL, example);
    const { file, ...found } = await checkJournal(JOURNAL, { fileSystem });
    expect(found).toEqual({ verdict: 'ok', records: 4 });
  });

  it('has the checksum that is worked out by hand', () => {
    const [, text = '', seed, crc] =
      /`crc32\('(.+)', (0x[0-9a-f]{8})\)`\nis `(0x[0-9a-f]{8})`/.exec(PAGE) ?? [];
    expect(crc32(text, Number(seed))).toBe(Number(crc));
    expect(example).toContain(`${text},"crc":"${crc?.slice(2)}"}\n`);
  });
});

const python = spawnSync('python3', ['--version']).status === 0;
const why = python ? '' : ' (skipped: there is no python3)';

describe('the readers in docs/journal-format.md', () => {
  const folder = tempDir();
  copyFileSync(GOLDEN, join(folder, 'journal.ndjson'));
  const count = readFileSync(GOLDEN, 'utf8').trim().split('\n').length;

  it.runIf(python)(`in Python accept a good journal and no other${why}`, () => {
    const [script = ''] = blocks('python');
    const read = (path: string) =>
      spawnSync('python3', ['-c', script, path], {
        encoding: 'utf8',
        env: { ...process.env, PYTHONUTF8: '1' },
      });
    expect(read(GOLDEN)).toMatchObject({ status: 0, stdout: `${count} records\n` });
    const lines = readFileSync(GOLDEN, 'utf8').split(/(?<=\n)/);
    const bad = join(folder, 'bad.ndjson');
    for (const changed of [lines.toSpliced(4, 1), lines.toSpliced(4, 0, lines[4] ?? '')]) {
      writeFileSync(bad, changed.join(''));
      expect(read(bad)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^line [56] is not good/),
      });
    }
  });

  it('in Nushell say what they should', () => {
    const nu = findNushell({ baseDir: dirname(GOLDEN) });
    const answers = blocks('nu').map((code) => {
      const args = ['-n', '--no-std-lib', '-c', `${code.trim()} | to json -r`];
      return JSON.parse(execFileSync(nu, args, { cwd: folder, encoding: 'utf8' }));
    });
    expect(answers).toEqual([
      expect.objectContaining({ length: count }),
      expect.arrayContaining([
        { task: 'server', type: 'task.succeeded' },
        { task: 'network', type: 'task.cancelled' },
      ]),
      [{ task: 'dns “10” 🦀\n', code: 'dns::refused', message: 'the zone is locked' }],
    ]);
    expect(answers[0][1]).toEqual({
      seq: 2,
      at: expect.any(String),
      type: 'task.started',
      task: 'server',
    });
    expect(answers[1]).toHaveLength(8);
  });
});
