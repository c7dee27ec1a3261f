import { TerminalFilter } from '../shared/terminal-text.js';

/**
 * What a task printed, as it is shown on a terminal. `indent` sets it apart from our headings, which it could
 * forge otherwise. Empty when it printed nothing; else the last piece ends its line.
 */
export async function* terminalLog(
  chunks: AsyncIterable<Uint8Array>,
  indent: string,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  const filter = new TerminalFilter(keepsColours());
  let begun = false;
  for await (const chunk of chunks) {
    const text = filter.push(decoder.decode(chunk, { stream: true }));
    yield `${begun ? '' : indent}${text.replaceAll('\n', `\n${indent}`)}`;
    begun = true;
  }
  if (begun) yield `${filter.push(decoder.decode())}${filter.end()}\n`;
}

function keepsColours(): boolean {
  return !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
