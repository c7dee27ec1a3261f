import type { ProcessEnd } from '../process/process.js';
import type { Program } from '../process/process-starter.js';

/**
 * What a spawner and its helper tell each other: one JSON object a line, over the helper's standard
 * input and output. The helper takes one request after the other and answers each at once, so that of
 * all requests without an answer only the first can have been begun.
 */
export interface StartRequest extends Program {
  /** Names the process in the answers. */
  readonly id: number;
  /** The attempt's folder. */
  readonly dir: string;
  /** It is started before its work is known, and told that later; until then its standard input is open and empty. */
  readonly waits?: true | undefined;
  /** Names a process that waits: it is to do this work, if it still can, in place of a new one. */
  readonly by?: number | undefined;
}

/** Ends a process that waits. */
export interface DropRequest {
  readonly drop: number;
}

export type HelperRequest = StartRequest | DropRequest;

export type HelperAnswer =
  /** It takes requests. */
  | { readonly ready: true }
  | { readonly id: number; readonly started: HelperStarted }
  /** Also in place of `started`, when the program could not be started. */
  | { readonly id: number; readonly end: ProcessEnd };

/** A process as its parent saw it begin: whatever its pid may be used for later, this was it. */
export interface HelperStarted {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}
