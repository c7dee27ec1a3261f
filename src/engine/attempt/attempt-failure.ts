import type { RecordDraft, TaskError } from '../../journal/records/record.js';
import type { EndFacts } from './end-facts.js';
import { backoffMs, mayRetry } from './retry.js';

/** The fact that a failed attempt becomes: the retry policy of its task says whether there is another. */
export function failure(facts: EndFacts, error: TaskError): RecordDraft {
  const { spec, attempt, failures } = facts;
  if (spec.retry === undefined || !facts.mayStartMore || !mayRetry(spec.retry, failures, error)) {
    return { type: 'task.failed', task: spec.id, attempt, error };
  }
  const retryAt = new Date(
    facts.now + backoffMs(spec.retry, failures, facts.random()),
  ).toISOString();
  return { type: 'task.retryScheduled', task: spec.id, attempt, error, retryAt };
}
