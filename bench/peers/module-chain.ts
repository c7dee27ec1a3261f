import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator, type Workflow } from 'nuflow';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { SLOTS } from './nuflow.js';

const FILES = 50;
const COMMANDS = 5;
/** What a task of the chain takes beside its start: time in which the next can be prepared for. */
const WORK_MS = 150;

/**
 * nuflow on a chain of tasks of one big module; what counts is not the chain's time, but how long its tasks
 * waited: from being ready, when `task.started` is written, to their first statement, in all.
 */
export function moduleChain(name: string, length: number, standby: false | object): Contender {
  return {
    name,
    sample: () =>
      inFolder(async (folder) => {
        writeModule(join(folder, 'big'));
        const options = { dataDir: join(folder, 'data'), baseDir: folder, concurrency: SLOTS };
        await using orchestrator = await Orchestrator.open({ ...options, nushell: { standby } });
        const run = await orchestrator.start(chainOf(length));
        const { status } = await run.result;
        if (status !== 'succeeded') throw new Error(`the run ended as ${status}`);
        const waits = run.snapshot().tasks.slice(1).map(waitOf);
        return waits.reduce((sum, ms) => sum + ms, 0);
      }),
  };
}

function waitOf({ startedAt, output }: { startedAt?: unknown; output?: unknown }): number {
  return Number(output) / 1e6 - Date.parse(String(startedAt));
}

function chainOf(length: number): Workflow<never, unknown> {
  return defineWorkflow('module-chain', {
    tasks: (t) => {
      const link = (i: number, needs: readonly ReturnType<typeof t.nu>[]) =>
        t.nu(`n${i}`, { use: 'big', call: 'work', args: [WORK_MS], needs });
      let last = link(0, []);
      for (let i = 1; i < length; i++) last = link(i, [last]);
      return {};
    },
  });
}

function writeModule(folder: string): void {
  mkdirSync(folder);
  const files = Array.from({ length: FILES }, (_, file) => `f${file}.nu`);
  for (const [i, file] of files.entries()) writeFileSync(join(folder, file), commands(i));
  const work = `export def work [ms: int] { let began = (date now | into int); sleep ($ms * 1ms); $began }`;
  const uses = files.map((file) => `export use ${file} *`);
  writeFileSync(join(folder, 'mod.nu'), [...uses, work, ''].join('\n'));
}

/** A file of commands of a usual length. */
function commands(file: number): string {
  const command = (i: number): string => `# Tells what of the tags is not the name.
export def "f${file}-c${i}" [name: string, --size: int = 3, --tags: list<string> = []] {
  let found = ($tags | where {|tag| $tag != $name } | each {|tag| {tag: $tag, size: $size} })
  if ($found | is-empty) { return {name: $name, size: $size} }
  $found | sort-by tag | reduce --fold {} {|it, all| $all | insert $it.tag $it.size }
}
`;
  return Array.from({ length: COMMANDS }, (_, i) => command(i)).join('\n');
}
