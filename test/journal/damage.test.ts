import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/platform/node-file-system.js';
import { extent, progress, report } from '../support/soak.js';
import { type Judgement, judge, judgeFile, type Original, written } from './judge.js';
import { randomDamage } from './random-damage.js';
import { tempDir } from './rig.js';
import { CLAIMING, SMALL, TROUBLED } from './sessions.js';

/** Pairs of different lines. */
function* pairs(count: number): Iterable<[number, number]> {
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) yield [i, j];
}

const GARBAGE = [
  'x',
  '\n',
  '\n\n\n',
  '}',
  'garbage\n',
  '{"seq":1}',
  '{"seq":99,"at":"now","type":"task.started","crc":"00000000"}\n',
  `${'y'.repeat(3000)}\n${'z'.repeat(3000)}`,
  '\ufffd\u2028',
].flatMap((text) => [
  Buffer.from(text),
  Buffer.concat([Buffer.from([0xff, 0x80]), Buffer.from(text)]),
]);
const NULS = [1, 2, 100, 511, 4096, 70_000].map((length) => Buffer.alloc(length));

/** Ways to damage a journal, each with all that can come of it. */
const DAMAGES: Readonly<Record<string, (original: Original) => Iterable<Buffer>>> = {
  *'cut at every byte'({ bytes }) {
    for (let length = 0; length <= bytes.length; length++) yield bytes.subarray(0, length);
  },
  *'with every single bit flipped'({ bytes }) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield flipped;
    }
  },
  *'with every line dropped'({ lines }) {
    for (const [index] of lines.entries()) yield Buffer.from(lines.toSpliced(index, 1).join(''));
    for (const [i, j] of pairs(lines.length))
      yield Buffer.from(lines.filter((_, index) => index !== i && index !== j).join(''));
  },
  *'with every line doubled, there and anywhere else'({ lines }) {
    for (const line of lines)
      for (let place = 0; place <= lines.length; place++)
        yield Buffer.from(lines.toSpliced(place, 0, line).join(''));
  },
  *'with any two lines swapped'({ lines }) {
    for (const [i, j] of pairs(lines.length)) {
      const [one = '', other = ''] = [lines[i], lines[j]];
      yield Buffer.from(lines.with(i, other).with(j, one).join(''));
    }
  },
  *'with garbage or NULs appended'({ bytes }) {
    for (const more of [...GARBAGE, ...NULS]) yield Buffer.concat([bytes, more]);
  },
  *'with garbage or NULs before, between or over lines'({ lines }) {
    for (let place = 0; place < lines.length; place++) {
      for (const other of [...GARBAGE, ...NULS]) {
        const before = Buffer.from(lines.slice(0, place).join(''));
        yield Buffer.concat([before, other, Buffer.from(lines.slice(place).join(''))]);
        const over = Buffer.from(lines.slice(place).join(''));
        yield Buffer.concat([before, over.fill(other, 0, Math.min(other.length, over.length))]);
      }
    }
  },
};

describe.each([
  ['a small journal', SMALL],
  ['a journal with retries and a cancellation', TROUBLED],
  ['a journal whose lines claim what was synced', CLAIMING],
])('%s', (_, session) => {
  let original: Original;
  beforeAll(async () => {
    original = await written(session);
  });

  it.each(Object.entries(DAMAGES))(
    '%s gives its beginning or is refused, and goes on behind a torn end',
    { timeout: 120_000 },
    async (_, damage) => {
      let cases = 0;
      for (const bytes of damage(original)) {
        await judge(original, bytes);
        cases++;
      }
      expect(cases).toBeGreaterThan(0);
    },
  );
});

describe('of a journal whose lines claim what was synced', () => {
  let original: Original;
  beforeAll(async () => {
    original = await written(CLAIMING);
  });

  it('all but what only the last sync put there is refused when a byte of it changes', async () => {
    const judgements: Judgement[] = [];
    let at = 0;
    for (const line of original.lines) {
      const bytes = Buffer.from(original.bytes);
      bytes[at + 30] = 0x7e;
      judgements.push(await judge(original, bytes));
      at += Buffer.byteLength(line);
    }
    const last = CLAIMING.at(-1)?.length ?? 0;
    const refused = original.lines.length - last;
    expect(judgements).toEqual([...Array(refused).fill('refused'), ...Array(last).fill('torn')]);
  });
});

describe('damage of several kinds at once', () => {
  const { rounds, until, seed, timeout } = extent('damage', { rounds: 9_000 });

  it('gives the beginning or is refused, whatever it is', { timeout }, async () => {
    const originals = await Promise.all([SMALL, TROUBLED, CLAIMING].map(written));
    const came: Record<Judgement, number> = { whole: 0, torn: 0, refused: 0 };
    const soFar = progress('damage', seed);
    let round = 0;
    for (; round < rounds && performance.now() < until; round++) {
      const original = originals[round % originals.length] as Original;
      const bytes = randomDamage(original, seed + round);
      came[await judge(original, bytes).catch(hint(seed, round))]++;
      soFar({ files: round + 1, ...came });
    }
    report('damage', { files: round, ...came }, seed);
    expect(Math.min(came.torn, came.refused)).toBeGreaterThan(0);
  });
});

/** Says where to look when it fails. */
function hint(seed: number, round: number): (error: Error) => never {
  return (error) => {
    throw new Error(`seed ${seed}, round ${round}: ${error.message}`, { cause: error });
  };
}

describe('real files', () => {
  const folder = tempDir();

  it('are judged as those in memory are', { timeout: 120_000 }, async () => {
    const original = await written(CLAIMING);
    let files = 0;
    const cases = Object.values(DAMAGES).flatMap((damage) => {
      const all = [...damage(original)];
      return all.filter((_, index) => index % Math.ceil(all.length / 25) === 0);
    });
    for (const bytes of cases) {
      const path = join(folder, `run-${files++}`, 'journal.ndjson');
      mkdirSync(dirname(path));
      writeFileSync(path, bytes);
      const inMemory = await judge(original, bytes);
      expect(await judgeFile(original, bytes, { fileSystem: nodeFileSystem, path })).toBe(inMemory);
    }
    expect(files).toBeGreaterThan(100);
  });
});
