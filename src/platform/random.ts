import { randomBytes } from 'node:crypto';

/** Chance as a port, so that simulations can be repeated from a seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
}

/** Bytes drawn at a time: asking for them costs far more than their number does. */
const DRAWN = 4096;
let drawn = Buffer.alloc(0);
let used = 0;

/** Each byte is given once. */
function take(bytes: number): Buffer {
  if (bytes > DRAWN) return randomBytes(bytes);
  if (used + bytes > drawn.length) {
    drawn = randomBytes(DRAWN);
    used = 0;
  }
  used += bytes;
  return drawn.subarray(used - bytes, used);
}

/** The machine's cryptographic randomness. */
export const systemRandom: Random = {
  next: () => take(4).readUInt32LE() / 2 ** 32,
  hex: (bytes) => take(bytes).toString('hex'),
};
