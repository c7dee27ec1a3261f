import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { builtProgram } from '../crash/built-program.js';
import { extent, report } from '../support/soak.js';
import type { RoundFigures, RoundOrders } from './full-disk-round.js';

const { rounds, seed, timeout } = extent('full', { rounds: 5 });

/** Why no file system can be mounted here; undefined when one can. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux') return `not on ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root may mount file systems';
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no file system can be mounted here: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`;
  }
}

function whyNoLoop(): string | undefined {
  const script =
    'f=$(mktemp); trap "rm $f" EXIT; truncate -s 8M $f; mkfs.ext4 -q $f && mount -o loop $f /mnt';
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', script], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no image can be mounted here: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`;
  }
}

const reason = whyNot();
const loopReason = reason ?? whyNoLoop();
if (loopReason !== undefined)
  console.log(`full file systems: skipped in part or in all, ${loopReason}`);

describe.skipIf(reason !== undefined)('a run on a real file system that becomes full', () => {
  const program = builtProgram('../faults/full-disk-round');

  const play = async (orders: RoundOrders): Promise<RoundFigures> => {
    // In a mount namespace of its own: what is mounted there goes with the process.
    const command = ['-m', process.execPath, program, JSON.stringify(orders)];
    const { stdout } = await promisify(execFile)('unshare', command);
    return JSON.parse(stdout);
  };

  it.each([
    ['tmpfs', reason],
    ['ext4', loopReason],
    ['thin', loopReason],
  ] as const)(
    `loses nothing that was acknowledged, and goes on when there is space: %s, ${rounds} times (seed ${seed})`,
    async (kind, why) => {
      if (why !== undefined) return console.log(`${kind} skipped: ${why}`);
      const sums = { rounds, acknowledged: 0, lost: 0, succeeded: 0, repeated: 0 };
      const ends = new Set<string>();
      const refusals = new Set<string>();
      for (let n = 0; n < rounds; n++) {
        const found = await play({ kind, seed: seed + n });
        for (const name of ['acknowledged', 'lost', 'succeeded', 'repeated'] as const)
          sums[name] += found[name];
        ends.add(found.ended);
        refusals.add(found.refused);
        expect(found).toMatchObject({ status: 'succeeded', without: 0, lost: 0, repeated: 0 });
      }
      report(
        `full (${kind})`,
        { ...sums, ends: [...ends].join(' '), refused: [...refusals].join(' ') },
        seed,
      );
      for (const end of ends)
        expect(end).toMatch(
          kind === 'thin' ? /^NUFLOW_JOURNAL_WRITE \(E\w+\)$/ : /^NUFLOW_JOURNAL_WRITE \(ENOSPC\)$/,
        );
      for (const refusal of refusals)
        expect(refusal).toMatch(/^NUFLOW_(?:DISK_FULL|JOURNAL_WRITE) \(E\w+\)$/);
    },
    timeout,
  );
});
