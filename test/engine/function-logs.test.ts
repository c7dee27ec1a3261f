import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  type CallContext,
  type CommonTaskOptions,
  defineWorkflow,
  type JsonValue,
  Orchestrator,
  type OrchestratorOptions,
  type Run,
  type TaskContext,
  type Workflow,
} from '../../src/index.js';
import { readLog } from '../../src/inspect.js';

const textOf = (path: string): string => readFileSync(path, 'utf8');

type Call = (context: TaskContext & CallContext) => unknown;
type Options = Pick<CommonTaskOptions, 'retry'> & {
  readonly secrets?: readonly string[];
  readonly open?: OrchestratorOptions;
  readonly before?: (dataDir: string) => void;
};

interface Logged {
  readonly run: Run;
  readonly dataDir: string;
  readonly log: (stream: 'stdout' | 'stderr', attempt?: number) => Promise<string>;
  readonly live: { stdout: string; stderr: string };
}

/** Those of the test so far. */
const dataDirs: string[] = [];

/** An orchestrator in a folder of its own; both are gone when the test is over. */
async function opened(options: OrchestratorOptions = {}): Promise<[Orchestrator, string]> {
  const dataDir = mkdtempSync('/tmp/nuflow-function-logs-');
  dataDirs.push(dataDir);
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const orchestrator = await Orchestrator.open({ dataDir, ...options });
  onTestFinished(() => orchestrator.close({ mode: 'detach' }));
  return [orchestrator, dataDir];
}

/** A workflow of one function. */
function workflowOf(call: Call, options: Omit<Options, 'open' | 'before'> = {}): Workflow {
  const run = call as (context: TaskContext) => JsonValue;
  return defineWorkflow('w', { tasks: (t) => ({ f: t.fn('f', { ...options, run }) }) }) as Workflow;
}

/** Runs a function to its end. */
async function logged(call: Call, { open, before, ...options }: Options = {}): Promise<Logged> {
  const [orchestrator, dataDir] = await opened(open);
  before?.(dataDir);
  const run = await orchestrator.start(workflowOf(call, options), { id: 'r' });
  const live = { stdout: '', stderr: '' };
  run.on('task.output', ({ stream, text }) => {
    live[stream] += text;
  });
  await run.ended;
  const log: Logged['log'] = async (stream, attempt) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readLog(dataDir, 'r', 'f', { stream, attempt })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return { run, dataDir, log, live };
}

/** What the function's first attempt has in its log. */
const logPath = (dataDir: string): string => join(dataDir, 'runs/r/tasks/0001-f/1/stdout.log');

/** An error that throws when it is looked at. */
function unreadable(): Error {
  return Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('no');
    },
  });
}

describe('the log of a function', () => {
  it('holds what it logs, as that of any other task, also what it logs turn by turn', async () => {
    const { log, live } = await logged(async ({ log }) => {
      log('first');
      await new Promise((resolve) => setImmediate(resolve));
      log('zweite\u00e4 \ud83d\ude80');
      log('two\nlines');
    });
    const text = 'first\nzweite\u00e4 \ud83d\ude80\ntwo\nlines\n';
    expect(await log('stdout')).toBe(text);
    expect(await log('stderr')).toBe('');
    expect(live.stdout).toBe(text);
  });

  it('can be read while the function goes on', async () => {
    const [orchestrator, dataDir] = await opened();
    const workflow = workflowOf(({ log, signal }) => {
      log('begun');
      return new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const run = await orchestrator.start(workflow, { id: 'r' });
    const text = (): string | false => existsSync(logPath(dataDir)) && textOf(logPath(dataDir));
    await expect.poll(text).toBe('begun\n');
    await run.cancel();
  });

  it('makes no folder for a function that logs nothing', async () => {
    const { dataDir } = await logged(() => 1);
    expect(existsSync(join(dataDir, 'runs/r/tasks'))).toBe(false);
  });

  it('keeps each attempt apart, with the stack of what it threw', async () => {
    let attempt = 0;
    const { log, live } = await logged(
      ({ log }) => {
        log(`attempt ${++attempt}`);
        if (attempt < 2) throw new RangeError('too soon');
      },
      { retry: { maximumAttempts: 2, initialInterval: 1 } },
    );
    expect([await log('stdout', 1), await log('stdout', 2)]).toEqual([
      'attempt 1\n',
      'attempt 2\n',
    ]);
    expect(await log('stderr', 1)).toMatch(
      /^RangeError: too soon\n {4}at .*function-logs\.test\.ts:\d+/,
    );
    expect(await log('stderr', 2)).toBe('');
    expect(live.stderr).toBe(await log('stderr', 1));
  });

  it('shows the causes of what was thrown, one after another', async () => {
    const { log } = await logged(() => {
      const cause = new Error('connection refused', { cause: { port: 5432 } });
      throw new AggregateError([new TypeError('first'), 'second'], 'both', { cause });
    });
    const text = await log('stderr');
    expect(text.split('\n').filter((line) => !line.startsWith('    at '))).toEqual([
      'AggregateError: both',
      'Caused by: Error: connection refused',
      'Caused by: Thrown: { port: 5432 }',
      'Caused by: TypeError: first',
      'Caused by: Thrown: second',
      '',
    ]);
  });

  it('is bounded where an error is its own cause, has many causes, or a long text', async () => {
    const circular = new Error('round');
    circular.cause = circular;
    const many = new AggregateError(new Array(1_000).fill(new Error('one')), 'many');
    for (const error of [circular, many, new Error('x'.repeat(1_000_000))]) {
      const { log } = await logged(() => Promise.reject(error));
      expect((await log('stderr')).length).toBeLessThan(70_000);
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['text', 'just text', /^Thrown: just text\n$/],
    ['nothing', undefined, /^Thrown: undefined\n$/],
    ['an object', { code: 7 }, /^Thrown: \{ code: 7 \}\n$/],
    [
      'an object without text',
      Object.create(null),
      /^Thrown: something that has no text was thrown\n$/,
    ],
    [
      'an error of another realm',
      runInNewContext('new TypeError("elsewhere")'),
      /^TypeError: elsewhere\n {4}at/,
    ],
    [
      'an error without a stack',
      Object.assign(new Error('bare'), { stack: undefined }),
      /^Error: bare\n$/,
    ],
    [
      'an error whose message changed',
      Object.assign(new Error('old'), { message: 'new' }),
      /^Error: new\n/,
    ],
    [
      'a value that can not be read',
      unreadable(),
      /^Something that could not be read was thrown\.\n$/,
    ],
  ])('shows %s that was thrown', async (_, thrown, text) => {
    const { run, log } = await logged(() => Promise.reject(thrown));
    expect((await run.result).status).toBe('failed');
    expect(await log('stderr')).toMatch(text);
  });

  it('says in a line that the result is no JSON, without a stack that leads into nuflow', async () => {
    const { log } = await logged(() => ({ at: new Date() }));
    expect(await log('stderr')).toMatch(/^NotJsonError: the result of task "f" is not JSON: .*\n$/);
  });

  it('holds no secret, also where one comes in two lines or in the stack of an error', async () => {
    const value = 'hunter-2-is-long-enough';
    const { log, live } = await logged(
      ({ log, secrets }) => {
        log(`token ${secrets.TOKEN}`);
        log(value.slice(0, 11));
        log(value.slice(11));
        throw new Error(`no access with ${value}`);
      },
      { secrets: ['TOKEN'], open: { secrets: { TOKEN: value } } },
    );
    expect(await log('stdout')).toBe('token [secret TOKEN]\n[secret TOKEN]\n');
    expect(await log('stderr')).toMatch(/^Error: no access with \[secret TOKEN\]\n {4}at/);
    expect(live.stderr).toBe(await log('stderr'));
  });

  it('holds no secret part of the input, which every function sees', async () => {
    const [orchestrator, dataDir] = await opened();
    const input = z.object({ password: z.string().meta({ secret: true }) });
    const workflow = defineWorkflow('w', {
      input,
      tasks: (t) => ({
        f: t.fn('f', {
          run: ({ input, log }) => {
            log(`it is ${input.password}`);
            return null;
          },
        }),
      }),
    });
    const run = await orchestrator.start(workflow, {
      id: 'r',
      input: { password: 'correct horse' },
    });
    await run.ended;
    expect(textOf(logPath(dataDir))).toMatch(/^it is \[secret .*\]\n$/);
  });

  it('keeps beginning and end of a log that is longer than its bound', async () => {
    const maxBytes = 1024 * 1024;
    const { log, dataDir } = await logged(
      async ({ log }) => {
        for (let line = 0; line < 200_000; line++) {
          log(`line ${line}`);
          if (line % 50_000 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      },
      { open: { logs: { maxBytes } } },
    );
    const text = await log('stdout');
    expect(text).toMatch(/^line 0\nline 1\n/);
    expect(text).toMatch(/\n\[nuflow: \d+ bytes left out\]\n/);
    expect(text).toMatch(/\nline 199999\n$/);
    expect(text.length).toBeLessThanOrEqual(maxBytes);
    expect(statSync(logPath(dataDir)).mode & 0o777).toBe(0o600);
  });

  it('takes the place of a link that is there, and leads nowhere else', async () => {
    const { dataDir, log } = await logged(({ log }) => log('kept'), {
      before: (dataDir) => {
        mkdirSync(dirname(logPath(dataDir)), { recursive: true });
        writeFileSync(join(dataDir, 'other'), 'as it was');
        symlinkSync(join(dataDir, 'other'), logPath(dataDir));
      },
    });
    expect(textOf(join(dataDir, 'other'))).toBe('as it was');
    expect(await log('stdout')).toBe('kept\n');
  });

  it('says so, and does not fail the task, where it can not be written any more', async () => {
    const { run, live } = await logged(async ({ log }) => {
      log('first');
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      const file = logPath(dataDirs.at(-1) as string);
      rmSync(file);
      symlinkSync('/dev/null', file);
      log('second');
    });
    expect((await run.result).status).toBe('succeeded');
    expect(live.stdout).toMatch(
      /^first\nsecond\n\[nuflow: the log file ends before this: .* is a symbolic link, .*\]\n$/,
    );
  });

  it('takes nothing more when the task has ended', async () => {
    let later: (line: string) => void = () => {};
    const { log, live } = await logged(({ log }) => {
      later = log;
      log('in time');
    });
    later('too late');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await log('stdout')).toBe('in time\n');
    expect(live.stdout).not.toContain('too late');
  });
});
