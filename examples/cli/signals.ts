import { constants } from 'node:os';
import type { Orchestrator } from 'nuflow';
import { tellError } from './messages.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Ending = (typeof SIGNALS)[number];

/** Listening for requests to end. */
export interface Signals {
  /** 128 + the number of the first signal; undefined when none came. */
  exitCode(): number | undefined;
  stop(): void;
}

/**
 * On Ctrl-C nothing more is started and what runs may end; a second Ctrl-C kills what runs. SIGTERM and
 * SIGHUP interrupt what runs, and kill it after the grace. The run stays resumable in every case.
 */
export function onSignals(orchestrator: Orchestrator, tell: (line: string) => void): Signals {
  let first: Ending | undefined;
  const onSignal = (signal: Ending): void => {
    const again = first !== undefined;
    first ??= signal;
    if (again) tell('killing what runs');
    else if (signal === 'SIGINT')
      tell('starting nothing more, waiting for running tasks; Ctrl-C again kills them');
    else tell('stopping what runs; a second signal kills it');
    void end(orchestrator, again ? 'kill' : signal).catch((error) => tellError(error));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    exitCode: () => (first === undefined ? undefined : 128 + constants.signals[first]),
    stop: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

async function end(orchestrator: Orchestrator, how: Ending | 'kill'): Promise<void> {
  if (how === 'SIGINT') return orchestrator.close({ mode: 'drain' });
  const stopping = orchestrator.close({ mode: 'stop' });
  // Asked to stop twice, it does not wait for the grace.
  if (how === 'kill') await Promise.all([stopping, orchestrator.close({ mode: 'stop' })]);
  await stopping;
}
