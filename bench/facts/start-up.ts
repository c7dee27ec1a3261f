import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Fact } from '../harness/contender.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../../examples/dist/cli.js', import.meta.url));
const TIMES = 11;

/** What a whole Node process takes, ms: by the clock, and of the processor by its own account. */
interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const REPORT =
  "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('cpu '+(user+system)/1000+'\\n')})";

function took(args: readonly string[]): Took {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', REPORT, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return { wallMs: performance.now() - begun, cpuMs: Number(/cpu ([\d.]+)/.exec(stderr)?.[1]) };
}

/** What one takes more than another, run in turn; of each the least, which is what it takes when nothing disturbs it. */
function moreThan(args: readonly string[], empty: readonly string[]): Took {
  const samples = Array.from({ length: TIMES }, () => [took(args), took(empty)] as const);
  const least = (which: 0 | 1, what: keyof Took): number =>
    Math.min(...samples.map((sample) => sample[which][what]));
  return {
    wallMs: least(0, 'wallMs') - least(1, 'wallMs'),
    cpuMs: least(0, 'cpuMs') - least(1, 'cpuMs'),
  };
}

export const importFact: Fact = {
  name: "import 'nuflow', beside an empty Node",
  toReach: '≤ 60 ms more',
  async measure() {
    const asModule = (code: string): string[] => ['--input-type=module', '-e', code];
    const { wallMs, cpuMs } = moreThan(asModule("import 'nuflow'"), asModule('0'));
    return {
      value: `${wallMs.toFixed(0)} ms more (${cpuMs.toFixed(0)} of the processor)`,
      reached: wallMs <= 60,
    };
  },
};

export const helpFact: Fact = {
  name: 'nuflow --help, beside an empty Node',
  toReach: '≤ 120 ms of processor time more',
  async measure() {
    const { cpuMs } = moreThan([CLI, '--help'], ['-e', '0']);
    return { value: `${cpuMs.toFixed(0)} ms more`, reached: cpuMs <= 120 };
  },
};
