/**
 * Adds up the tests of vitest's JSON reports.
 *
 *   count-tests.mjs --any-failed REPORT            exit code 0 when the report tells of a failed test
 *   count-tests.mjs --steps-failed N REPORT…       prints `N passed, N failed[, N skipped]`; exit code 1 when any failed
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'any-failed': { type: 'boolean' }, 'steps-failed': { type: 'string', default: '0' } },
});

/** Counts of one report; a report that was never written counts nothing. */
function count(path) {
  try {
    const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
    return testResults.reduce(addFile, { passed: 0, failed: 0, skipped: 0 });
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function addFile(total, { status, assertionResults }) {
  const failures = assertionResults.filter((test) => test.status === 'failed').length;
  const passed = assertionResults.filter((test) => test.status === 'passed').length;
  return {
    passed: total.passed + passed,
    // A file that broke outside its tests (an import, a hook) has no failed test, but did fail.
    failed: total.failed + (failures === 0 && status === 'failed' ? 1 : failures),
    skipped: total.skipped + assertionResults.length - passed - failures,
  };
}

const counts = positionals.map(count);
const sum = (field) => counts.reduce((total, each) => total + each[field], 0);
const failed = sum('failed') + Number(values['steps-failed']);

if (values['any-failed']) {
  process.exitCode = failed > 0 ? 0 : 1;
} else {
  const skipped = sum('skipped');
  console.log(
    `${sum('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}
