import { NuflowError } from '../../errors.js';

/** The input of a run, or its definition, is more than a journal's line can hold. Nothing was started. */
export class TooBigError extends NuflowError {
  constructor(what: string, maxBytes: number) {
    super(
      'NUFLOW_TOO_BIG',
      `${what} is more than ${maxBytes} bytes of JSON, which is the most that a run can be started with; put what is big into files and pass their paths. Nothing was started.`,
      { maxBytes },
    );
  }
}
