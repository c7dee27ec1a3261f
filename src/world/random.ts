import { randomBytes } from 'node:crypto';

/** Chance as a port, so that simulations can be repeated from a seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
}

/** The machine's cryptographic randomness. */
export const systemRandom: Random = {
  next: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
