/**
 * The whole scene in one command: a daemon, a Nushell CLI that has it create a cluster of three servers, the
 * servers shown up, and everything taken away again. `npm run demo`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findNushell } from 'nuflow/runners';
import { provisioningDir } from './daemon/places.js';
import { tokenPath } from './daemon/token.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DAEMON = fileURLToPath(new URL('./daemon.js', import.meta.url));
const READY = / on (http:\S+?),/;

/** Starts the daemon on a free port. In a group of its own: Ctrl-C is for us, and we stop it when we are ready. */
function spawnDaemon(dataDir: string, env: Environment): ChildProcess {
  return spawn(process.execPath, [DAEMON, '--port', '0', '--data-dir', dataDir], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The daemon's address, once it answers there. */
async function ready({ stdout }: ChildProcess): Promise<string> {
  if (stdout !== null) {
    for await (const line of createInterface({ input: stdout })) {
      console.log(line);
      const url = READY.exec(line)?.[1];
      if (url !== undefined) return url;
    }
  }
  throw new Error('the daemon did not start');
}

/** Ends the daemon as a service manager would, and waits for it. */
async function stopDaemon(daemon: ChildProcess | undefined): Promise<void> {
  if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await exited;
}

/** Ends a CLI that is still at work when the demo is over. */
const over = new AbortController();

/** Runs the Nushell CLI in front of our eyes; returns what it printed when `quiet`. Throws when it fails. */
async function provisioning(
  args: readonly string[],
  env: Environment,
  how: 'shown' | 'quiet' = 'shown',
): Promise<string> {
  if (how === 'shown') console.log(`\n$ provisioning ${args.join(' ')}`);
  const cli = spawn(join(provisioningDir(), 'provisioning'), args, {
    env,
    signal: over.signal,
    stdio: ['ignore', how === 'shown' ? 'inherit' : 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  cli.stdout?.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  const [code, signal] = await once(cli, 'close');
  if (code !== 0) throw new Error(`provisioning ${args.join(' ')} ended with ${code ?? signal}`);
  return printed.join('');
}

/** Sees that what was shown is true. */
function assertUp(list: string): void {
  const servers = JSON.parse(list) as { name: string; status: string }[];
  const down = servers.filter(({ status }) => status !== 'up');
  if (servers.length !== 3 || down.length > 0)
    throw new Error(`of 3 servers, ${servers.length - down.length} are up: ${list}`);
  console.log('three servers, all up');
}

/** What the daemon and the CLI see: everything they make is under `work`. */
function environment(work: string): Environment {
  return {
    ...process.env,
    // The servers run on the Node that runs this.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    NUFLOW_NU: findNushell({ baseDir: provisioningDir() }),
    PROVISIONING_STATE: join(work, 'state'),
    PROVISIONING_TOKEN_FILE: tokenPath(join(work, 'data')),
  };
}

async function scene(env: Environment): Promise<void> {
  await provisioning(['cluster', 'create', 'demo', '--servers', '3', '--orchestrated'], env);
  await provisioning(['server', 'list'], env);
  assertUp(await provisioning(['server', 'list', '--json'], env, 'quiet'));
  await provisioning(['cluster', 'delete', 'demo'], env);
}

async function main(): Promise<void> {
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => {
    throw new Error('interrupted');
  });
  const work = await mkdtemp(join(tmpdir(), 'nuflow-demo-'));
  let daemon: ChildProcess | undefined;
  try {
    const env = environment(work);
    daemon = spawnDaemon(join(work, 'data'), env);
    const url = await Promise.race([ready(daemon), interrupted]);
    await Promise.race([scene({ ...env, PROVISIONING_ORCHESTRATOR: url }), interrupted]);
  } finally {
    over.abort();
    await stopDaemon(daemon);
    // Servers that are still there end when their folder does.
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
  console.log('\nThe servers, the daemon and their files are gone again.');
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(`demo failed: ${error.message}`);
    process.exit(1);
  },
);
