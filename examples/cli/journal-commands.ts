import { NuflowError } from 'nuflow';
import { listRuns, readEvents } from 'nuflow/inspect';
import {
  type BadOutput,
  checkJournal,
  type JournalCheck,
  type LostRecords,
  repairJournal,
} from 'nuflow/journal';
import { safeLine } from '../shared/terminal-text.js';
import { hasDataDir, NO_DATA_DIR } from './existing-data-dir.js';
import { EXIT } from './exit-codes.js';
import { tell } from './messages.js';
import { commandLine } from './next-steps.js';
import { write, writeAll, writeJson } from './output.js';
import type { StoreOptions } from './run-commands.js';
import { table } from './text.js';

/** A check, or why there is none: the disk could not be read, or something else is in the journal's place. */
type Checked =
  | (JournalCheck & { readonly run: string })
  | { readonly run: string; readonly verdict: 'unreadable' | 'misplaced'; readonly why: string };

/**
 * `nuflow journal check [RUN…]`: the state of these journals, or of all. Takes no lock and changes
 * nothing. Exit code 1 when any is not ok.
 */
export async function check(named: readonly string[], options: StoreOptions): Promise<number> {
  const { dataDir, json } = options;
  if (!(await hasDataDir(dataDir))) tell(NO_DATA_DIR);
  const runs = named.length > 0 ? named : (await listRuns(dataDir)).map(({ id }) => id);
  const found: Checked[] = [];
  for (const run of runs) found.push(await checked(dataDir, run));
  if (json) await writeJson(found);
  else
    await writeAll(table([['RUN', 'VERDICT', 'RECORDS', 'LINE', 'BYTE', ''], ...found.map(row)]));
  const bad = found.filter(({ verdict }) => verdict !== 'ok');
  for (const each of json ? [] : bad) {
    const { run, verdict } = each;
    const next = NEXT[verdict];
    if (next !== undefined) tell(`${run}: ${next(run, dataDir)}`);
    if ('outputs' in each) tellOutputs(each.outputs);
  }
  return bad.length === 0 ? EXIT.done : EXIT.failed;
}

async function checked(dataDir: string, run: string): Promise<Checked> {
  try {
    const found = await checkJournal({ dataDir, run });
    if (found.verdict === 'ok') await assertItsOwn(dataDir, run);
    return { run, ...found };
  } catch (error) {
    // What is wrong with one run must not hide what there is to say of the others.
    if (!(error instanceof NuflowError)) throw error;
    const why = `${error.code}: ${error.message}`;
    if (UNREADABLE.has(error.code)) return { run, verdict: 'unreadable', why };
    if (error.code === 'NUFLOW_RUN_FOLDER') return { run, verdict: 'misplaced', why };
    throw error;
  }
}

/** Throws RunFolderError for a journal whose folder was copied or renamed. */
async function assertItsOwn(dataDir: string, run: string): Promise<void> {
  for await (const _ of readEvents(dataDir, run)) return;
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'NUFLOW_JOURNAL_READ',
  'NUFLOW_UNSAFE_FILE',
  'NUFLOW_UNSAFE_DIR',
]);

function row(found: Checked): string[] {
  const { run, verdict } = found;
  if (!('records' in found))
    return [run, verdict, '', '', '', 'why' in found ? safeLine(found.why) : ''];
  if (!('line' in found)) return [run, verdict, String(found.records)];
  const { records, line, offset, why } = found;
  return [run, verdict, String(records), String(line), String(offset), why];
}

/** Names the output files that are missing or changed. */
function tellOutputs(outputs: readonly BadOutput[] = []): void {
  for (const { file, line, task, why } of outputs)
    tell(`  output of task ${safeLine(task)}, line ${line}: ${safeLine(file)} ${safeLine(why)}`);
}

/** What to do about a verdict. */
const NEXT: {
  readonly [verdict in Checked['verdict']]?: (run: string, dataDir: string) => string;
} = {
  torn: (run, dataDir) =>
    `harmless; it is cut off by the next: ${commandLine(dataDir, 'resume', run)}`,
  damaged: (run, dataDir) =>
    `restore it from a copy, or keep what is good of it with: ${commandLine(dataDir, 'journal repair', run)}`,
  incomplete: () =>
    'the journal is good, but not these files; restore them from a copy, nothing else brings them back',
  unknownFormat: () => 'written by a newer nuflow; use that',
  misplaced: (run) =>
    `remove this copy, or give the folder the name of its run back: ${safeLine(run)} is not the run whose journal it holds`,
  missing: () => 'no such run was ever accepted here',
};

/**
 * `nuflow journal repair RUN`: keeps a copy of a damaged journal and cuts it to its last good record.
 * Holds the data directory meanwhile.
 */
export async function repair(run: string, { dataDir, json }: StoreOptions): Promise<number> {
  const done = await repairJournal({ dataDir, run });
  if (json) await writeJson({ run, ...done });
  else if (!done.repaired) {
    await write(`${run}: the journal is good (${done.records} records); nothing was changed\n`);
    tellLost(done.outputs);
  } else {
    const { before, lost, copy, records } = done;
    tellLost(before.outputs);
    await write(`${run}: ${before.verdict} at line ${before.line}: ${safeLine(before.why)}\n`);
    await write(`kept ${records} records; lost ${lostText(lost)}\n`);
    await write(`the journal as it was: ${safeLine(copy)}\n`);
    tell(
      `Lost tasks run again; see that nothing of them is still going. Then: ${commandLine(dataDir, 'resume', run)}`,
    );
  }
  return EXIT.done;
}

function tellLost(outputs: readonly BadOutput[] | undefined): void {
  if (outputs === undefined) return;
  tell('These can not be repaired; restore them from a copy:');
  tellOutputs(outputs);
}

function lostText({ bytes, lines, types, tasks }: LostRecords): string {
  const told = Object.entries(types).map(([type, count]) => `\n  ${count} × ${type}`);
  const spoken = tasks.map(({ task, types }) => `\n  task ${safeLine(task)}: ${types.join(', ')}`);
  return [`${bytes} bytes in ${lines} lines`, ...told, ...spoken].join('');
}
