import { seededRandom } from '../support/soak.js';
import type { Original } from './judge.js';

/** Whole numbers below a limit, the same for the same seed. */
function dice(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

type Damage = (bytes: Buffer, below: (limit: number) => number) => Buffer;

/** A stretch of the file: from, to. */
function stretch(bytes: Buffer, below: (limit: number) => number): [number, number] {
  const ends = [below(bytes.length + 1), below(bytes.length + 1)];
  return [Math.min(...ends), Math.max(...ends)];
}

const lines = (bytes: Buffer): string[] => bytes.toString('latin1').split(/(?<=\n)/);
const joined = (texts: readonly string[]): Buffer => Buffer.from(texts.join(''), 'latin1');

const DAMAGES: readonly Damage[] = [
  /** One byte, anything. */
  (bytes, below) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[below(changed.length)] = below(256);
    return changed;
  },
  /** A stretch of NULs or of noise, as pages that never reached the disk are. */
  (bytes, below) => {
    const [from, to] = stretch(bytes, below);
    const noise = below(2) === 0;
    return Buffer.from(
      bytes.map((byte, at) => (at < from || at >= to ? byte : noise ? below(256) : 0)),
    );
  },
  /** A stretch gone. */
  (bytes, below) => {
    const [from, to] = stretch(bytes, below);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  /** A stretch copied to another place. */
  (bytes, below) => {
    const [from, to] = stretch(bytes, below);
    const place = below(bytes.length + 1);
    const parts = [bytes.subarray(0, place), bytes.subarray(from, to), bytes.subarray(place)];
    return Buffer.concat(parts);
  },
  /** The end gone. */
  (bytes, below) => bytes.subarray(0, below(bytes.length + 1)),
  /** A line gone, doubled or moved. */
  (bytes, below) => {
    const all = lines(bytes);
    const [taken = ''] = all.splice(below(all.length), 1);
    for (let copies = below(3); copies > 0; copies--) all.splice(below(all.length + 1), 0, taken);
    return joined(all);
  },
  /** A claim that was never made, at the end of some line. */
  (bytes, below) => {
    const all = lines(bytes);
    const at = below(all.length);
    all[at] = (all[at] ?? '').replace(/"durable":\d+/, `"durable":${below(20)}`);
    return joined(all);
  },
];

/** One to four kinds of damage, one on top of the other; the same for the same seed. */
export function randomDamage({ bytes }: Original, seed: number): Buffer {
  const below = dice(seed);
  let damaged: Buffer = bytes;
  for (let times = 1 + below(4); times > 0; times--)
    damaged = (DAMAGES[below(DAMAGES.length)] as Damage)(damaged, below);
  return damaged;
}
