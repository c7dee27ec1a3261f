import { statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defineWorkflow, Orchestrator } from '../../src/index.js';

/** What the program is told. */
export interface PrintingOrders {
  readonly dataDir: string;
  /** Text for `sh -c`, of each task. */
  readonly commands: readonly string[];
  readonly maxLogBytes: number;
}

/** What it found. */
export interface PrintingFigures {
  readonly status: string;
  readonly seconds: number;
  /** Most memory beyond that at the beginning, bytes. */
  readonly memory: number;
  /** Most disk space that the logs took at once, bytes. */
  readonly disk: number;
  /** Characters handed to the listener. */
  readonly heard: number;
  /** How late a timer was, ms. */
  readonly delayP99: number;
  readonly delayMax: number;
  /** Of the ticks of a timer that an idle program would see, how many there were. */
  readonly ticks: number;
}

const TICK_MS = 10;

/** Runs tasks that print, listens to them, and says how the process fared meanwhile. */
async function print({ dataDir, commands, maxLogBytes }: PrintingOrders): Promise<PrintingFigures> {
  const workflow = defineWorkflow('printing', {
    tasks: (t) =>
      Object.fromEntries(
        commands.map((command, n) => [
          String(n),
          t.shell(String(n), { command: 'sh', args: ['-c', command] }),
        ]),
      ),
  });
  const logs = commands.map((_, n) =>
    join(dataDir, 'runs/r/tasks', `${String(n + 1).padStart(4, '0')}-${n}`, '1/stderr.log'),
  );
  await using orchestrator = await Orchestrator.open({ dataDir, logs: { maxBytes: maxLogBytes } });
  const seen = { memory: 0, disk: 0, heard: 0, ticks: 0 };
  const before = process.memoryUsage().rss;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const timer = setInterval(() => {
    seen.ticks++;
    seen.memory = Math.max(seen.memory, process.memoryUsage.rss() - before);
    seen.disk = Math.max(seen.disk, spaceOf(logs));
  }, TICK_MS);
  const run = await orchestrator.start(workflow, { id: 'r' });
  run.on('task.output', ({ text }) => {
    seen.heard += text.length;
  });
  await run.ended;
  const ms = performance.now() - began;
  clearInterval(timer);
  const { status } = run.snapshot();
  const [delayP99, delayMax] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  const { ticks, ...rest } = seen;
  return { status, seconds: ms / 1000, ...rest, delayP99, delayMax, ticks: ticks / (ms / TICK_MS) };
}

function spaceOf(paths: readonly string[]): number {
  let sum = 0;
  for (const path of paths) sum += (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  return sum;
}

console.log(JSON.stringify(await print(JSON.parse(process.argv[2] ?? ''))));
