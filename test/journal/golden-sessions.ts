import type { TaskSpec } from '../../src/definition/spec.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import type { Session } from './sessions.js';

/** A run that meets everything: each type of record, each field. */
const everything: Session = [
  [
    {
      type: 'run.started',
      format: 1,
      run: 'create-wuji',
      workflow: {
        name: 'cluster.create',
        version: '7',
        onFailure: 'terminate',
        timeoutMs: 3_600_000,
        outputs: [
          ['address', 'server'],
          ['größe', 'storage'],
        ],
        tasks: [
          {
            id: 'server',
            runner: 'nu',
            needs: [],
            with: { use: 'servers/create.nu', call: 'create-server', args: [{ $input: 'name' }] },
            retry: {
              initialIntervalMs: 1000,
              backoffCoefficient: 2,
              maximumIntervalMs: 100_000,
              maximumAttempts: 3,
              nonRetryableErrors: ['provider::forbidden'],
              jitter: 0.5,
            },
            timeoutMs: 600_000,
            priority: -1.5,
            onInterrupted: 'retry',
            pool: 'provider',
            output: { type: 'object', properties: { address: { type: 'string' } } },
            functions: 'c0ffee',
          },
          { id: 'network', runner: 'nu', needs: [], with: {}, onInterrupted: 'hold' },
          { id: 'storage', runner: 'shell', needs: ['server'], with: { command: 'dd' } },
          { id: 'dns “10” 🦀\n', runner: 'fn', needs: ['server'], with: {}, trigger: 'all_done' },
          { id: '__proto__', runner: 'fn', needs: ['dns “10” 🦀\n'], with: {} },
          { id: 'volume', runner: 'fn', needs: [], with: {} },
          { id: 'late', runner: 'fn', needs: ['network'], with: {} },
          { id: 'never', runner: 'fn', needs: ['late'], with: {} },
        ],
      },
      input: JSON.parse('{"name":"wuji","__proto__":{"x":1},"10":null,"ratio":0.1,"line":"a\\nb"}'),
      onFailure: 'continue',
      deadlineAt: '2026-01-02T04:04:06.678Z',
      traceId: '0123456789abcdef0123456789abcdef',
    },
    { type: 'task.started', task: 'server', attempt: 1 },
    { type: 'task.started', task: 'network', attempt: 1 },
  ],
  [
    {
      type: 'task.spawned',
      task: 'server',
      attempt: 1,
      pid: 4711,
      startTime: '123456789',
      bootId: '00000000-1111-2222-3333-444444444444',
    },
    { type: 'task.spawned', task: 'network', attempt: 1, pid: 4712, startTime: '1', bootId: '' },
    {
      type: 'task.retryScheduled',
      task: 'server',
      attempt: 1,
      error: { code: 'provider::busy', message: 'try later' },
      retryAt: '2026-01-02T03:04:13.000Z',
    },
    { type: 'task.interrupted', task: 'network', attempt: 1, next: 'retry' },
  ],
  [{ type: 'run.resumed', pid: 4800 }],
  [
    { type: 'task.started', task: 'server', attempt: 2 },
    { type: 'task.started', task: 'network', attempt: 2 },
    { type: 'task.started', task: 'volume', attempt: 1 },
  ],
  [
    { type: 'task.succeeded', task: 'server', attempt: 2, output: { address: '127.0.0.1:9001' } },
    { type: 'task.succeeded', task: 'volume', attempt: 1 },
    { type: 'task.interrupted', task: 'network', attempt: 2, next: 'hold' },
    { type: 'task.started', task: 'storage', attempt: 1 },
    { type: 'task.started', task: 'dns “10” 🦀\n', attempt: 1 },
  ],
  [
    {
      type: 'task.succeeded',
      task: 'storage',
      attempt: 1,
      outputFile: {
        path: 'tasks/0003-storage/1/output.json',
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        bytes: 300_000,
      },
    },
    {
      type: 'task.failed',
      task: 'dns “10” 🦀\n',
      attempt: 1,
      error: {
        code: 'dns::refused',
        message: 'the zone is locked',
        help: 'unlock it',
        labels: [{ text: 'here', start: 3, end: 9 }, { text: 'somewhere' }],
        exitCode: 1,
        signal: 'SIGTERM',
        rendered: '\u001b[31mError:\u001b[0m the zone is locked',
        inner: [{ code: 'io', message: 'timeout', inner: [{ code: 'net', message: '' }] }],
      },
    },
    {
      type: 'task.skipped',
      task: '__proto__',
      status: 'upstreamFailed',
      reason: { by: 'trigger', rule: 'all_success', dependency: 'dns “10” 🦀\n' },
    },
    {
      type: 'task.skipped',
      task: 'late',
      status: 'skipped',
      reason: { by: 'onFailure', failed: 'dns “10” 🦀\n' },
    },
    { type: 'run.cancelRequested', reason: 'requested', message: 'no longer needed' },
  ],
  [
    { type: 'task.cancelled', task: 'network', attempt: 2, reason: 'requested' },
    { type: 'task.cancelled', task: 'never', reason: 'requested' },
    { type: 'run.finished', status: 'cancelled' },
  ],
];

const failedEarly: readonly RecordDraft[] = [
  {
    type: 'run.started',
    format: 1,
    run: 'early',
    workflow: { name: 'early', tasks: [{ id: 'a', runner: 'nu', needs: [], with: {} }] },
    input: null,
    onFailure: 'finish',
    traceId: 'ffffffffffffffffffffffffffffffff',
  },
  {
    type: 'task.failed',
    task: 'a',
    attempt: 0,
    error: { code: 'NUFLOW_INVALID_VALUE', message: 'args[0]: there is no input.name' },
  },
  { type: 'run.finished', status: 'failed' },
];

const held = (id: string): TaskSpec => ({
  id,
  runner: 'nu',
  needs: [],
  with: {},
  onInterrupted: 'hold',
});
const error = { code: 'probe::failed', message: 'the provider does not answer' };

/** A crash, and what became of the attempts it interrupted: by decision, and by their probes. */
const decided: Session = [
  [
    {
      type: 'run.started',
      format: 1,
      run: 'held',
      workflow: { name: 'held', tasks: ['a', 'b', 'c', 'd'].map(held) },
      input: {},
      onFailure: 'continue',
      traceId: '00000000000000000000000000000001',
    },
    ...['a', 'b', 'c', 'd'].map((task) => ({ type: 'task.started', task, attempt: 1 }) as const),
  ],
  [
    { type: 'run.resumed', pid: 2 },
    { type: 'task.interrupted', task: 'a', attempt: 1, next: 'hold' },
    { type: 'task.interrupted', task: 'b', attempt: 1, next: 'probe' },
    { type: 'task.interrupted', task: 'c', attempt: 1, next: 'probe' },
    { type: 'task.interrupted', task: 'd', attempt: 1, next: 'hold' },
  ],
  [
    { type: 'task.interrupted', task: 'b', attempt: 1, next: 'hold', error },
    { type: 'task.succeeded', task: 'c', attempt: 1, output: { up: true } },
  ],
  [
    { type: 'task.decided', task: 'a', attempt: 1, decision: 'rerun', message: 'nothing there' },
    { type: 'task.decided', task: 'b', attempt: 1, decision: 'done', output: { up: [1] } },
    { type: 'task.decided', task: 'd', attempt: 1, decision: 'fail', message: 'half made' },
    { type: 'task.started', task: 'a', attempt: 2 },
  ],
  [
    { type: 'task.succeeded', task: 'a', attempt: 2, output: null },
    { type: 'run.finished', status: 'failed' },
  ],
];

/** The golden journals by file name, and what their tasks and runs came to. */
export const GOLDEN: Readonly<
  Record<string, { readonly session: Session; readonly status: string; readonly tasks: object }>
> = {
  'format-1/everything.ndjson': {
    session: everything,
    status: 'cancelled',
    tasks: {
      server: 'succeeded',
      network: 'cancelled',
      volume: 'succeeded',
      storage: 'succeeded',
      'dns “10” 🦀\n': 'failed',
      ['__proto__']: 'upstreamFailed',
      late: 'skipped',
      never: 'cancelled',
    },
  },
  'format-1/failed-early.ndjson': {
    session: [failedEarly],
    status: 'failed',
    tasks: { a: 'failed' },
  },
  'format-1/held.ndjson': {
    session: decided,
    status: 'failed',
    tasks: { a: 'succeeded', b: 'succeeded', c: 'succeeded', d: 'failed' },
  },
  /** A crash left it so: the last record is cut in the middle. */
  'format-1/torn.ndjson': {
    session: [everything.flat().slice(0, 3), everything.flat().slice(3, 6)],
    status: 'running',
    tasks: { server: 'running', network: 'running' },
  },
};
