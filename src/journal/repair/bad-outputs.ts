import { dirname } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { verifiedOutput } from '../outputs/verified-output.js';
import type { JournalRecord, OutputFile } from '../records/record.js';
import type { OutputFileError } from '../storage-errors.js';

/** An output over 256 KiB whose file is not what was written. Nothing can bring it back but a copy of the file. */
export interface BadOutput {
  readonly file: string;
  /** Of the journal, counted from 1: the record that names it. */
  readonly line: number;
  readonly task: string;
  readonly why: string;
}

/** An output file as a record names it. */
export interface NamedOutput {
  readonly line: number;
  readonly task: string;
  readonly outputFile: OutputFile;
}

/** The output file that a record names, if it names one. */
export function outputNamedBy(record: JournalRecord): NamedOutput | undefined {
  if (record.type !== 'task.succeeded' && record.type !== 'task.decided') return undefined;
  const { seq, task, outputFile } = record;
  return outputFile === undefined ? undefined : { line: seq, task, outputFile };
}

/** Reads each of these files of a journal's run, one after another, and tells those that are missing or changed. */
export async function badOutputs(
  fileSystem: FileSystem,
  journal: string,
  named: readonly NamedOutput[],
): Promise<BadOutput[]> {
  const bad: BadOutput[] = [];
  for (const { line, task, outputFile } of named) {
    await verifiedOutput(fileSystem, dirname(journal), outputFile).catch((error: OutputFileError) =>
      bad.push({
        file: String(error.details.file),
        line,
        task,
        why: String(error.details.why),
      }),
    );
  }
  return bad;
}
