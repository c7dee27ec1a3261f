import { describe, expect, it } from 'vitest';
import { endRecord } from '../../src/engine/attempt/end-record.js';
import { outcomeFrom } from '../../src/engine/attempt/outcome.js';
import type { TaskSpec } from '../../src/index.js';

/** What becomes of an attempt without an outcome of which something may still run. */
function recordOf(spec: Partial<TaskSpec>, stopped?: 'cancel' | 'shutdown') {
  return endRecord({
    spec: { id: 'a', runner: 'shell', needs: [], with: {}, ...spec },
    attempt: 1,
    ended: { outcome: { status: 'interrupted', mayStillBeRunning: true }, stopped },
    failures: 1,
    crashes: 0,
    cancelReason: 'requested',
    mayStartMore: true,
    now: 0,
    random: () => 0,
  });
}

const HELD = { type: 'task.interrupted', next: 'hold', error: { code: 'NUFLOW_MAY_RUN' } };
const probe = { with: { command: 'true' } };

describe('an attempt that may still run for all that can be seen', () => {
  it.each([
    ['retry', {}],
    ['hold', { onInterrupted: 'hold' as const }],
    ['its probe', { probe }],
  ])('is held, with the reason, where %s would follow', (_what, spec) => {
    expect(recordOf(spec)).toMatchObject(HELD);
    expect(recordOf(spec, 'shutdown')).toMatchObject(HELD);
  });

  it('fails where its task says so', () => {
    expect(recordOf({ onInterrupted: 'fail' })).toMatchObject({ type: 'task.failed' });
  });

  it('is cancelled when that was asked for', () => {
    expect(recordOf({}, 'cancel')).toMatchObject({ type: 'task.cancelled' });
  });

  it('is told of by runners of any make', () => {
    const outcome = outcomeFrom({ status: 'interrupted', mayStillBeRunning: true });
    expect(outcome).toEqual({ status: 'interrupted', mayStillBeRunning: true });
    expect(outcomeFrom({ status: 'interrupted', mayStillBeRunning: 'no' })).toEqual({
      status: 'interrupted',
    });
  });
});
