/** Random lengths of tasks, the same sequence each time: benchmarks compare. */
export class Lengths {
  #seed = 20_260_101;

  /** Around a mean, with a long tail to the right, at least 1 ms. `spread` is the logarithm's deviation. */
  drawMs(meanSeconds: number, spread: number): number {
    const factor = Math.exp(spread * this.#normal() - spread ** 2 / 2);
    return Math.max(1, Math.round(meanSeconds * 1_000 * factor));
  }

  /** Box and Muller's. */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.#next()));
    return radius * Math.cos(2 * Math.PI * this.#next());
  }

  /** In (0, 1), by Park and Miller. */
  #next(): number {
    this.#seed = (this.#seed * 48_271) % 0x7fffffff;
    return this.#seed / 0x7fffffff;
  }
}
