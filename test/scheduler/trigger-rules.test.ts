import { describe, expect, it } from 'vitest';
import { TRIGGER_RULES, type TriggerRule } from '../../src/definition/spec.js';
import { type Upstream, type Verdict, verdict } from '../../src/scheduler/trigger-rules.js';

/**
 * Airflow's truth table for up to two needs. A column names how the needs stand: `.` not ended,
 * S succeeded, F failed, U upstreamFailed, K skipped. A cell: r run, w wait, k skipped, u upstreamFailed.
 */
const COLUMNS = '. S F U K .. .S .F .U .K SS SF SU SK FF FU FK UU UK KK'.split(' ');
const TABLE: Record<TriggerRule, string> = {
  all_success: /*                */ 'w r u u k w  w  u  u  k  r  u  u  k  u  u  u  u  u  k',
  all_failed: /*                 */ 'w k r r k w  k  w  w  k  k  k  k  k  r  r  k  r  k  k',
  all_done: /*                   */ 'w r r r r w  w  w  w  w  r  r  r  r  r  r  r  r  r  r',
  one_success: /*                */ 'w r u u k w  r  w  w  w  r  r  r  r  u  u  u  u  u  k',
  one_failed: /*                 */ 'w k r r k w  w  r  r  w  k  r  r  k  r  r  r  r  r  k',
  one_done: /*                   */ 'w r r k k w  r  r  w  w  r  r  r  r  r  r  r  k  k  k',
  none_failed: /*                */ 'w r u u r w  w  u  u  w  r  u  u  r  u  u  u  u  u  r',
  none_failed_min_one_success: /**/ 'w r u u k w  w  u  u  w  r  u  u  r  u  u  u  u  u  k',
  none_skipped: /*               */ 'w r r r k w  w  w  w  k  r  r  r  k  r  r  k  r  k  k',
  all_skipped: /*                */ 'w k k k r w  k  k  k  w  k  k  k  k  k  k  k  k  k  r',
  always: /*                     */ 'r r r r r r  r  r  r  r  r  r  r  r  r  r  r  r  r  r',
};
const VERDICTS: Record<string, Verdict> = {
  w: 'wait',
  r: 'run',
  k: 'skipped',
  u: 'upstreamFailed',
};

function upstream(column: string): Upstream {
  const count = (letter: string): number => column.split(letter).length - 1;
  return {
    total: column.length,
    succeeded: count('S'),
    failed: count('F'),
    upstreamFailed: count('U'),
    skipped: count('K'),
  };
}

/** All ways that `size` needs can stand. */
function columns(size: number): string[] {
  if (size === 0) return [''];
  return columns(size - 1).flatMap((column) => [...'.SFUK'].map((letter) => column + letter));
}

describe('verdict', () => {
  describe.each(TRIGGER_RULES)('%s', (rule) => {
    const cells = TABLE[rule].split(/ +/);
    it.each(COLUMNS.map((column, i) => [column, VERDICTS[cells[i] ?? '']] as const))(
      'with needs %s says %s',
      (column, expected) => expect(verdict(rule, upstream(column))).toBe(expected),
    );

    it('runs a task that needs nothing', () => {
      expect(verdict(rule, upstream(''))).toBe('run');
    });

    it('waits no longer once every need has ended', () => {
      for (const column of [1, 2, 3, 4].flatMap(columns)) {
        if (!column.includes('.')) expect(verdict(rule, upstream(column)), column).not.toBe('wait');
      }
    });

    it('never takes back what it said, whatever the needs that are left do', () => {
      for (const column of [2, 3, 4].flatMap(columns)) {
        const said = verdict(rule, upstream(column));
        if (said === 'wait' || !column.includes('.')) continue;
        for (const letter of 'SFUK') {
          const later = verdict(rule, upstream(column.replace('.', letter)));
          // A skip can turn out to be an upstream failure; whether it runs is certain.
          expect(later === 'run', `${column} then ${letter}`).toBe(said === 'run');
          expect(later).not.toBe('wait');
        }
      }
    });
  });
});
