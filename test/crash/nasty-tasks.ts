import type { WorkflowFile } from '../../src/index.js';

type TaskFile = WorkflowFile['tasks'][number];

/** A descendant: says its pid in `pids`, then waits for a line in the pipe `gate`. */
export const STAYS = 'echo $$ >> pids\nread _ < gate\n';
/** The same, deaf to what asks it to stop. */
export const STUBBORN = `trap '' INT TERM HUP\n${STAYS}`;

/** A task of Nushell that starts something, then waits for the file `go`. */
const nu = (code: string): Pick<TaskFile, 'nu'> => ({
  nu: { code: `${code}; while not ('go' | path exists) { sleep 20ms }` },
});
const shell = (text: string): Pick<TaskFile, 'shell'> => ({
  shell: { command: 'sh', args: ['-c', text] },
});

/** Tasks whose descendants get away from whoever stops just the process that was started. */
const NASTY: Readonly<Record<string, Pick<TaskFile, 'nu' | 'shell'>>> = {
  grandchildren: nu(`^sh -c 'sh ./stays & sh ./stays; wait'`),
  stubborn: nu('^sh ./stubborn'),
  job: nu('job spawn { ^sh ./stays }'),
  'stubborn-job': nu('job spawn { ^sh ./stubborn }'),
  'job-without-environment': nu('job spawn { ^env -i /bin/sh ./stays }'),
  session: nu('^setsid --fork sh ./stays'),
  'stubborn-session': nu('^setsid --fork sh ./stubborn'),
  'shell-family': shell('sh ./stubborn & setsid sh ./stays & sh ./stays; wait'),
  'shell-session': shell('setsid --fork sh ./stubborn; sh ./stays'),
};

/** Number of lines in `pids` when all are there. */
export const NASTY_DESCENDANTS = 13;

/** A workflow of one task of each nasty kind, all at once; `timeout` of each, ms. */
export function nastyWorkflow(timeout?: number): WorkflowFile {
  const common = timeout === undefined ? {} : { timeout };
  const tasks = Object.entries(NASTY).map(([id, kind]): TaskFile => ({ id, ...kind, ...common }));
  return { name: 'nasty', tasks };
}
