import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { builtProgram } from '../crash/built-program.js';
import { extent, report } from '../support/soak.js';
import type { PrintingFigures, PrintingOrders } from './printing.js';

const MIB = 1024 * 1024;
const MAX_LOG = 2 * MIB;
/** What the process may grow by, whatever is printed: buffers, garbage and what Node keeps for itself. */
const MAX_MEMORY = 96 * MIB;
const LINE = 'a line as programs print them, of 60 characters and a newline';

/** Rounds are of 1 MiB. */
const { rounds: mib, seed, timeout } = extent('output', { rounds: 150 });

describe('tasks that print very much', () => {
  const program = builtProgram('../bounds/printing');
  const root = mkdtempSync(join(tmpdir(), 'nuflow-printing-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const run = async (name: string, commands: readonly string[]): Promise<PrintingFigures> => {
    const orders: PrintingOrders = { dataDir: join(root, name), commands, maxLogBytes: MAX_LOG };
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      JSON.stringify(orders),
    ]);
    return JSON.parse(stdout);
  };
  const note = (part: string, lines: number, figures: PrintingFigures): void => {
    const { seconds, memory, disk, heard, delayP99, delayMax, ticks } = figures;
    report(
      `output (${part})`,
      {
        MiB: mib,
        'lines/s': Math.round(lines / seconds),
        'memory MiB': Math.round(memory / MIB),
        'disk MiB': Math.round(disk / MIB),
        'heard MiB': Math.round(heard / MIB),
        'loop delay ms p99': delayP99.toFixed(1),
        'loop delay ms max': delayMax.toFixed(1),
        'timer ticks': ticks.toFixed(2),
      },
      seed,
    );
  };
  const logOf = (name: string, task: number): string => {
    const tasks = join(root, name, 'runs/r/tasks');
    return join(tasks, readdirSync(tasks).sort()[task] ?? '', '1/stderr.log');
  };
  const endsOf = (path: string): { first: string; last: string; size: number } => {
    const { size } = statSync(path);
    const fd = openSync(path, 'r');
    const at = (position: number): string => {
      const bytes = Buffer.alloc(80);
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, 80, position));
    };
    const ends = {
      first: at(0).split('\n')[0] ?? '',
      last:
        at(size - 80)
          .trim()
          .split('\n')
          .at(-1) ?? '',
      size,
    };
    closeSync(fd);
    return ends;
  };
  // To stderr: the stdout of a program is its task's output, which has a limit.
  const printing = (bytes: number): string =>
    `exec >&2; echo first; yes '${LINE}' | head -c ${bytes}; echo; echo last`;

  it(
    `are neither held up nor failed by it, and cost no memory: ${mib} MiB of one task`,
    async () => {
      const figures = await run('one', [printing(mib * MIB)]);
      note('one task', (mib * MIB) / (LINE.length + 1), figures);
      expect(figures.status).toBe('succeeded');
      expect(figures.memory).toBeLessThan(MAX_MEMORY);
      const { first, last, size } = endsOf(logOf('one', 0));
      expect([first, last]).toEqual(['first', 'last']);
      expect(size).toBeLessThanOrEqual(MAX_LOG);
    },
    timeout,
  );

  it(
    `let the rest of the program have its turns: 8 tasks at once, ${mib} MiB together`,
    async () => {
      const each = Math.ceil(mib / 8) * MIB;
      const figures = await run(
        'eight',
        Array.from({ length: 8 }, () => printing(each)),
      );
      note('8 tasks', (8 * each) / (LINE.length + 1), figures);
      expect(figures.status).toBe('succeeded');
      expect(figures.memory).toBeLessThan(MAX_MEMORY);
      for (let task = 0; task < 8; task++)
        expect(endsOf(logOf('eight', task))).toMatchObject({ first: 'first', last: 'last' });
    },
    timeout,
  );

  it(
    'bounds their logs while they print, where holes can be made in files',
    async () => {
      // Slow enough to be looked at in between, as a task that runs for hours is.
      const steps = Math.ceil(mib / 10);
      const figures = await run('steps', [
        `exec >&2; echo first; for i in $(seq ${steps}); do yes '${LINE}' | head -c 10485760; sleep 0.15; done; echo; echo last`,
      ]);
      note('in steps', (steps * 10 * MIB) / (LINE.length + 1), figures);
      expect(figures.status).toBe('succeeded');
      if (process.platform === 'linux') expect(figures.disk).toBeLessThan((steps * 10 * MIB) / 2);
      expect(endsOf(logOf('steps', 0))).toMatchObject({ first: 'first', last: 'last' });
    },
    timeout,
  );
});
