import { cpus } from 'node:os';
import type { Case } from './contender.js';
import type { Measured } from './measure.js';

/** What the figures were made on: they mean nothing without. */
export function heading(): string {
  const processors = cpus();
  return `Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${process.platform}`;
}

/** A case's result as a table; the ratio is the rate over the first line's. */
export function tableOf({ name, unit, size }: Case, results: readonly Measured[]): string {
  const rows = [
    ['', 'median', 'spread', `${unit}/s`, 'ratio'],
    ...results.map((it) => [
      it.name,
      it.medianMs < 100 ? `${it.medianMs.toFixed(1)} ms` : `${Math.round(it.medianMs)} ms`,
      `${Math.round(it.spread * 100)} %`,
      Math.round(it.rate).toLocaleString('en'),
      it.ratio.toFixed(2),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return `${name} (${size.toLocaleString('en')} ${unit})\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
