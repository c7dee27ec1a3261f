/** One way to do a case's work: nuflow, a peer, or the physical limit. */
export interface Contender {
  readonly name: string;
  /** Why it can't take part on this machine, and what would help; undefined when it can. */
  readonly unavailable?: () => string | undefined;
  /** Does the work once, from nothing, and returns the milliseconds it took; set-up and clean-up not counted. */
  readonly sample: () => Promise<number>;
}

/** What the ratio of nuflow's rate to a contender's has to be. */
export interface Target {
  readonly against: string;
  readonly atLeast: number;
}

/** A question asked of several contenders, nuflow first. */
export interface Case {
  readonly name: string;
  /** What is counted, e.g. `tasks`. */
  readonly unit: string;
  /** How many of them one sample does. */
  readonly size: number;
  readonly contenders: readonly [Contender, ...Contender[]];
  readonly targets: readonly Target[];
}

/** How much is done. */
export interface Scale {
  readonly quick: boolean;
}

/** A property of nuflow alone, against a limit. */
export interface Fact {
  readonly name: string;
  readonly toReach: string;
  readonly measure: (scale: Scale) => Promise<Finding>;
}

/** What was found. `ratio` is what a budget can hold: dimensionless, larger is better. */
export interface Finding {
  readonly value: string;
  readonly reached: boolean;
}
