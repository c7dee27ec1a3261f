/** Control characters except tab and newline: what a task says must not steer the terminal. */
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/** The text with its control characters made visible. */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** The text as a shell takes it for one word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,][\w./:@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A duration for people: `850 ms`, `3.2 s`, `2 min 5 s`, `3 h 20 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Between two instants; up to now when there is no second. Empty when there is no first. */
export function formatSpan(startedAt: string | undefined, endedAt: string | undefined): string {
  if (startedAt === undefined) return '';
  const end = endedAt === undefined ? Date.now() : Date.parse(endedAt);
  return formatDuration(end - Date.parse(startedAt));
}

/** `12:00:01`, in this machine's time zone. */
export function formatTime(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}

/** Rows as aligned columns, two spaces apart; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => printable(cell).replace(/\s+/g, ' ')));
  const widths = (safe[0] ?? []).map((_, i) => Math.max(...safe.map((row) => row[i]?.length ?? 0)));
  return safe
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
