import { describe, expect, it } from 'vitest';
import { type LogStream, logOn } from '../daemon/log.js';

class Lines implements LogStream {
  text = '';
  writableLength = 0;
  write(text: string): void {
    this.text += text;
  }
  on(): void {}
}

describe('the log of the daemon', () => {
  it('has one line an event, whatever clients and tasks put into it', () => {
    const stream = new Lines();
    const log = logOn(stream);
    log.line('r stopped\nr2 stopped: \u001b[2J\u202e\u2028\r\u009b1A');
    log.failure(new Error('task "x\nr3 stopped" failed'));
    const lines = stream.text.trimEnd().split('\n');
    expect(lines[0]).toBe('r stopped\\nr2 stopped: \\u{1b}[2J\\u{202e}\\u{2028}\\r\\u{9b}1A');
    expect(lines[1]).toBe('Error: task "x\\nr3 stopped" failed');
    expect(lines.slice(2).every((line) => line.startsWith('    at '))).toBe(true);
  });

  it('can not be flooded with one line', () => {
    const stream = new Lines();
    let now = 0;
    const log = logOn(stream, () => now);
    for (let n = 0; n < 40; n++) log.line('refused: the disk is full');
    log.line('other');
    now = 60_000;
    log.line('other');
    expect(stream.text.split('\n')).toEqual([
      'refused: the disk is full',
      'the line before was repeated 39 times',
      'other',
      'other',
      '',
    ]);
  });

  it('keeps no more than a mebibyte for a reader that does not read, and says what it left out', () => {
    const stream = new Lines();
    const log = logOn(stream);
    log.line('one');
    stream.writableLength = 2 * 1024 * 1024;
    log.line('two');
    log.line('three');
    stream.writableLength = 0;
    log.line('four');
    expect(stream.text).toBe('one\n2 lines were dropped, nobody read them\nfour\n');
  });

  it('says any value that was thrown', () => {
    const stream = new Lines();
    const log = logOn(stream);
    for (const thrown of [undefined, null, 'text\n', Object.create(null)]) log.failure(thrown);
    expect(stream.text.split('\n')).toHaveLength(5);
  });
});
