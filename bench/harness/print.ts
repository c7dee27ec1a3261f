import { cpus } from 'node:os';
import type { Case, Target } from './contender.js';
import type { Measured, Results } from './measure.js';

/** What the figures were made on: they mean nothing without. */
export function heading(): string {
  const processors = cpus();
  return `Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${process.platform}`;
}

/** A case's result as a Markdown table; the ratio says how many times as fast as that line nuflow is. */
export function tableOf({ name, unit, size, targets }: Case, results: Results): string {
  const rows = results.measured.map((it) => [
    it.name,
    it.medianMs < 100 ? `${it.medianMs.toFixed(1)} ms` : `${Math.round(it.medianMs)} ms`,
    `${Math.round(it.spread * 100)} %`,
    Math.round(it.rate).toLocaleString('en'),
    it.ratio.toFixed(2),
    verdict(targets, it),
  ]);
  const head = [
    `${name} (${size.toLocaleString('en')} ${unit})`,
    'median',
    'spread',
    `${unit}/s`,
    'nuflow is × as fast',
    'to reach',
  ];
  const absent = results.absent.map(
    ({ name: peer, why }) => `\n${peer} did not take part: ${why}.`,
  );
  return markdown([head, ...rows]) + absent.join('');
}

function verdict(targets: readonly Target[], { name, ratio }: Measured): string {
  const target = targets.find(({ against }) => against === name);
  if (target === undefined) return '';
  return `≥ ${Number(target.atLeast.toFixed(2))}: ${ratio >= target.atLeast ? 'yes' : 'NO'}`;
}

/** Rows as a Markdown table that also reads well as text; the first row is its head. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(
    (row) =>
      `| ${widths.map((width, column) => pad(row[column] ?? '', width, column)).join(' | ')} |`,
  );
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  lines.splice(1, 0, `| ${rule.join(' | ')} |`);
  return lines.join('\n');
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
