/** What simulations went through. */
export interface Figures {
  [name: string]: number;
  seeds: number;
  steps: number;
  records: number;
  attempts: number;
  lives: number;
  processCrashes: number;
  machineCrashes: number;
  closes: number;
  tornTails: number;
  failedSyncs: number;
  failedCalls: number;
  shortWrites: number;
  jumps: number;
  adoptions: number;
  cancels: number;
  held: number;
  decisions: number;
  damages: number;
  refusals: number;
}

export function noFigures(): Figures {
  return {
    seeds: 0,
    steps: 0,
    records: 0,
    attempts: 0,
    lives: 0,
    processCrashes: 0,
    machineCrashes: 0,
    closes: 0,
    tornTails: 0,
    failedSyncs: 0,
    failedCalls: 0,
    shortWrites: 0,
    jumps: 0,
    adoptions: 0,
    cancels: 0,
    held: 0,
    decisions: 0,
    damages: 0,
    refusals: 0,
  };
}
