/** One way to do a case's work: nuflow, a peer, or the physical limit. */
export interface Contender {
  readonly name: string;
  /** Does the work once, from nothing, and returns the milliseconds it took; set-up and clean-up not counted. */
  readonly sample: () => Promise<number>;
}

/** A question asked of several contenders. */
export interface Case {
  readonly name: string;
  /** What is counted, e.g. `tasks`. */
  readonly unit: string;
  /** How many of them one sample does. */
  readonly size: number;
  /** The first is what the others are compared with. */
  readonly contenders: readonly [Contender, ...Contender[]];
}

/** How much is done. */
export interface Scale {
  readonly quick: boolean;
}
