import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Fact } from '../harness/contender.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../../examples/dist/cli.js', import.meta.url));
const TIMES = 11;

/** Median time of a whole Node process, ms. */
function wallOf(args: readonly string[]): number {
  const samples = Array.from({ length: TIMES }, () => {
    const begun = performance.now();
    const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
    return performance.now() - begun;
  });
  return median(samples);
}

/** Median processor time of a Node process by its own account, ms. */
function cpuOf(args: readonly string[]): number {
  const report =
    "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('cpu '+(user+system)/1000+'\\n')})";
  const samples = Array.from({ length: TIMES }, () => {
    const { stderr } = spawnSync(process.execPath, ['--import', report, ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return Number(/cpu ([\d.]+)/.exec(stderr)?.[1]);
  });
  return median(samples);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export const importFact: Fact = {
  name: "import 'nuflow', beside an empty Node",
  toReach: '≤ 60 ms more',
  async measure() {
    const importing = ['--input-type=module', '-e', "import 'nuflow'"];
    const more = wallOf(importing) - wallOf(['--input-type=module', '-e', '0']);
    return { value: `${more.toFixed(0)} ms more`, reached: more <= 60 };
  },
};

export const helpFact: Fact = {
  name: 'nuflow --help, beside an empty Node',
  toReach: '≤ 120 ms of processor time more',
  async measure() {
    const more = cpuOf([CLI, '--help']) - cpuOf(['-e', '0']);
    return { value: `${more.toFixed(0)} ms more`, reached: more <= 120 };
  },
};
