/** A living process, as /proc or ps(1) shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** As in ProcessIdentity: with the pid it names the process while the machine is up. */
  readonly startTime: string;
  /** Value of NUFLOW_COOKIE in the environment it was started with, if that is ours to read. */
  readonly cookie: string | undefined;
}
