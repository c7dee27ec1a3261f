import type { JsonValue } from '../../definition/json.js';

/** Kept of values nobody may be using any more: bytes of their JSON text; in memory they take a few times that. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Values read lately, least recently used out first. A value bigger than the whole bound is shared by
 * those who ask while it is being read, and then forgotten.
 */
export class OutputCache {
  readonly #entries = new Map<
    string,
    { readonly bytes: number; readonly value: Promise<JsonValue> }
  >();
  #bytes = 0;

  /** The value kept under `key`, or what `read` gives. A failed read is not kept. */
  get(key: string, bytes: number, read: () => Promise<JsonValue>): Promise<JsonValue> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key); // entered again as the latest used
      this.#entries.set(key, known);
      return known.value;
    }
    const value = read();
    this.#entries.set(key, { bytes, value });
    this.#bytes += bytes;
    value.then(
      () => this.#shrink(),
      () => this.#forget(key),
    );
    return value;
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
