import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Orchestrator, type Run } from '../../src/index.js';
import { lives, NUSHELLS } from '../runners/attempts.js';
import { builtLibrary } from '../runners/built-library.js';

/** Starts or resumes run `r`, and goes on until it is killed. */
const ORCHESTRATOR = `
  const { library, options, workflow } = JSON.parse(process.argv[1]);
  const { Orchestrator, workflowFromData } = await import(library + '/index.js');
  const orchestrator = await Orchestrator.open(options);
  await orchestrator.start(workflowFromData(workflow), { id: 'r' });
  setInterval(() => {}, 1000);
`;

/**
 * Servers are lines of a file. Each command says its pid, then waits for a file that lets it go on: the
 * server is made at once, or only after that.
 */
const SERVERS = `
def wait-for [file: path] { while not ($file | path exists) { sleep 5ms } }

export def create-server [name: string, --late] {
  if not $late { $"($name)\\n" | save --append servers }
  $nu.pid | into string | save --force create.pid
  wait-for go
  if $late { $"($name)\\n" | save --append servers }
  {id: $name, by: create}
}

export def find-server [name: string, --waits] {
  $nu.pid | into string | save --force find.pid
  if $waits { wait-for answer }
  if ('broken' | path exists) { error make {msg: "no answer", code: "provider::away"} }
  let servers = if ('servers' | path exists) { open --raw servers | lines } else { [] }
  if $name in $servers { {id: $name, by: find} }
}
`;

/** A run whose orchestrator, and whose only task's Nushell, were killed with SIGKILL. */
class KilledRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-probe-'));
  readonly #library: string;
  readonly #binary: string;
  readonly #children: ChildProcess[] = [];
  #orchestrator: Orchestrator | undefined;

  constructor(library: string, binary: string) {
    this.#library = library;
    this.#binary = binary;
    this.write('servers.nu', SERVERS);
  }

  get #options() {
    const nushell = { binary: this.#binary };
    return { dataDir: join(this.dir, 'data'), baseDir: this.dir, nushell };
  }

  /** Works on the run in a process of its own until `until` is there; then that process is killed. */
  async workUntil(until: string, flags: { late?: boolean; waits?: boolean }): Promise<void> {
    const { late = null, waits = null } = flags;
    const workflow = {
      name: 'w',
      tasks: [
        {
          id: 'server',
          nu: { use: 'servers.nu', call: 'create-server', args: ['wuji'], flags: { late } },
          probe: { use: 'servers.nu', call: 'find-server', args: ['wuji'], flags: { waits } },
        },
      ],
    };
    const argument = JSON.stringify({ library: this.#library, options: this.#options, workflow });
    const child = spawn(process.execPath, ['--input-type=module', '-e', ORCHESTRATOR, argument], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#children.push(child);
    await expect.poll(() => this.#pid(until), { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Kills the process that said its pid in the file. */
  async kill(file: string): Promise<void> {
    const pid = this.#pid(file);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => lives(pid), { timeout: 20_000 }).toBe(false);
  }

  /** Whether the process that said its pid in the file lives; undefined when none did. */
  async lives(file: string): Promise<boolean | undefined> {
    return this.#pid(file) === 0 ? undefined : lives(this.#pid(file));
  }

  async resume(): Promise<Run> {
    this.#orchestrator = await Orchestrator.open(this.#options);
    return this.#orchestrator.resume('r');
  }

  async close(mode: 'stop'): Promise<void> {
    await this.#orchestrator?.close({ mode });
  }

  write(file: string, text = ''): void {
    writeFileSync(join(this.dir, file), text);
  }

  /** Removes the file; the pid that was in it. */
  forget(file: string): number {
    const pid = this.#pid(file);
    rmSync(join(this.dir, file));
    return pid;
  }

  get servers(): string {
    const file = join(this.dir, 'servers');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#orchestrator?.close({ mode: 'cancel' });
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #pid(file: string): number {
    const path = join(this.dir, file);
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  }
}

const library = builtLibrary();
let rig: KilledRig;
afterEach(() => rig.remove());

/** Leaves a run behind whose orchestrator and whose task's Nushell are dead. */
async function killed(
  binary: string,
  flags: { readonly late?: boolean; readonly waits?: boolean },
): Promise<void> {
  rig = new KilledRig(library, binary);
  await rig.workUntil('create.pid', flags);
  await rig.kill('create.pid');
}

describe.each(NUSHELLS)('after kill -9 of orchestrator and Nushell %s', (_version, binary) => {
  it('takes the work as done that the probe finds done, and does not repeat it', async () => {
    await killed(binary, {});
    const run = await rig.resume();
    expect(await run.result).toMatchObject({
      status: 'succeeded',
      outputs: { server: { id: 'wuji', by: 'find' } },
    });
    expect(rig.servers).toBe('wuji\n');
    expect(run.snapshot().tasks[0]?.attempts).toBe(1);
  });

  it('does the work again that the probe does not find', async () => {
    await killed(binary, { late: true });
    rig.write('go');
    const run = await rig.resume();
    expect(await run.result).toMatchObject({ outputs: { server: { id: 'wuji', by: 'create' } } });
    expect(rig.servers).toBe('wuji\n');
    expect(run.snapshot().tasks[0]?.attempts).toBe(2);
  });

  it('holds the task when the probe can not tell, until it is decided', async () => {
    await killed(binary, {});
    rig.write('broken');
    const run = await rig.resume();
    await expect.poll(() => run.snapshot().held, { timeout: 20_000 }).toEqual(['server']);
    expect(run.snapshot().tasks[0]?.error).toMatchObject({
      code: 'NUFLOW_PROBE_FAILED',
      inner: [{ message: 'no answer' }],
    });
    await run.decide('server', 'done', { output: { id: 'wuji', by: 'hand' } });
    expect(await run.result).toMatchObject({ outputs: { server: { by: 'hand' } } });
    expect(rig.servers).toBe('wuji\n');
  });
});

describe('no probe is left behind', () => {
  const [[, binary]] = NUSHELLS;
  /** The probe says its pid, and waits. */
  const probing = async (): Promise<void> => {
    await expect.poll(() => rig.lives('find.pid'), { timeout: 20_000 }).toBe(true);
  };

  it('by an orchestrator that is killed meanwhile: the next one ends it and asks again', async () => {
    await killed(binary, { waits: true });
    await rig.workUntil('find.pid', { waits: true });
    expect(await rig.lives('find.pid')).toBe(true);
    const left = rig.forget('find.pid');
    const run = await rig.resume();
    await probing();
    expect(await lives(left)).toBe(false);
    rig.write('answer');
    expect(await run.result).toMatchObject({ outputs: { server: { by: 'find' } } });
    expect(rig.servers).toBe('wuji\n');
  });

  it.each(['cancel', 'stop'] as const)('on %s', async (how) => {
    await killed(binary, { waits: true });
    const run = await rig.resume();
    await probing();
    if (how === 'cancel') await run.cancel();
    else await rig.close(how);
    expect(await rig.lives('find.pid')).toBe(false);
    expect(run.snapshot().tasks[0]?.status).toBe(how === 'cancel' ? 'cancelled' : 'probing');
  });
});
