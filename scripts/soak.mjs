/**
 * The long forms of the fault tests: the same tests that `npm test` runs, for more rounds.
 *
 *   soak.mjs [PART…] [--rounds N] [--minutes N] [--seed N]
 *
 * Without a part all of them. A part ends after its rounds, or after so many minutes if that is sooner. Each prints its figures
 * and its seed as one line, and once a minute those so far; the same seed makes the same choices again. Exit code 1 when a part failed.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

/** The parts: a test file, and how long its long form goes on, in rounds or in minutes. */
const PARTS = {
  kill: { file: 'test/crash/kill.test.ts', rounds: 2_100 }, // some 10,000 kills
  survive: { file: 'test/crash/survive.test.ts', minutes: 3 },
  damage: { file: 'test/journal/damage.test.ts', rounds: 100_000_000 },
  orphans: { file: 'test/crash/orphans.test.ts', rounds: 2_000 },
  simulation: { file: 'test/simulation/shard', rounds: 5_000_000, flags: ['--maxWorkers=4'] },
  full: { file: 'test/faults/real-full-disk.test.ts', rounds: 200 },
  requests: { file: 'examples/test/daemon-fuzz.test.ts', rounds: 100_000 },
  output: { file: 'test/bounds/much-output.test.ts', rounds: 1_024 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const USAGE = `usage: soak.mjs [PART…] [--rounds N] [--minutes N] [--seed N]
parts: ${Object.keys(PARTS).join(' ')}`;

function usage(why) {
  console.error(`${why}; ${USAGE}`);
  process.exit(2);
}

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

function number(name, otherwise) {
  const given = values[name] ?? otherwise;
  if (given !== undefined && !(Number(given) >= 0)) usage(`--${name} ${given} is not a number`);
  return given === undefined ? {} : { [`NUFLOW_SOAK_${name.toUpperCase()}`]: String(given) };
}

/** Runs one part; resolves with whether it passed. Its output is shown as it comes. */
function run(name) {
  const { file, rounds, minutes, flags = [] } = PARTS[name];
  const env = {
    ...process.env,
    NUFLOW_SOAK: name,
    ...number('rounds', rounds),
    ...number('minutes', minutes),
    ...number('seed'),
  };
  const vitest = ['vitest', 'run', file, '--reporter=dot', '--disable-console-intercept', ...flags];
  const child = spawn('npx', vitest, { env, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

const unknown = positionals.find((name) => !(name in PARTS));
if (unknown !== undefined) usage(`there is no part ${unknown}`);
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS))
  if (!(await run(name))) process.exitCode = 1;
