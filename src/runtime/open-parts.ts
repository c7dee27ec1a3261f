import { RunIndex } from '../journal/catalog/run-index.js';
import { DataDir } from '../journal/data-dir/data-dir.js';
import { lockDataDir } from '../journal/data-dir/lock-data-dir.js';
import { Reserve } from '../journal/data-dir/reserve.js';
import { PQueueExecutor } from '../queue/p-queue-executor.js';
import { builtInRunners, sweepPrivateFolders } from '../runners/index.js';
import { type OrchestratorOptions, settingsOf } from './orchestrator-options.js';
import { type OrchestratorParts, unusable } from './orchestrator-parts.js';
import { rememberStarts } from './orchestrator-rates.js';

/** Opens the data directory and takes its lock; makes what an orchestrator is made of. Throws as `Orchestrator.open` does, the lock released. */
export async function openParts(options: OrchestratorOptions): Promise<OrchestratorParts> {
  const settings = settingsOf(options);
  const { platform, dataDir, baseDir, concurrency } = settings;
  const { clock } = platform;
  const executor = new PQueueExecutor({ concurrency, pools: options.pools, clock });
  const dir = await DataDir.make(platform.fileSystem, dataDir).catch(unusable(dataDir));
  const { standbyDir } = dir;
  const { nushell, env } = options;
  const builtIn = builtInRunners({ nushell, env, baseDir: baseDir.path, standbyDir });
  const runners = new Map([...builtIn, ...Object.entries(options.runners ?? {})]);
  const lock = await lockDataDir(platform, dir);
  try {
    const mayWrite = (): boolean => lock.isInPlace();
    const index = await RunIndex.open(platform, dir, mayWrite).catch(unusable(dataDir));
    await rememberStarts(executor, options.pools, { dir, index, now: platform.clock.now() });
    await sweepPrivateFolders();
    const reserve = new Reserve(platform.fileSystem, dir.reservePath, settings.reserveBytes);
    await reserve.ensure().catch(() => {}); // said when something is to start; looking needs none
    return { settings, dir, lock, index, reserve, executor, runners };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
