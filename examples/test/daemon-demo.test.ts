import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { builtExamples } from './daemon-rig.js';
import { isListening, ProvisioningRig } from './provisioning-rig.js';

describe('the demo', () => {
  const built = builtExamples();
  const rig = new ProvisioningRig();
  const tmp = join(rig.dir, 'tmp');
  mkdirSync(tmp);
  afterAll(() => rig.remove());

  const start = () =>
    spawn(process.execPath, [join(built, 'demo.js')], {
      env: { ...rig.env, TMPDIR: tmp },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('shows three servers up, then leaves no file and nobody listening', async () => {
    const demo = start();
    const said = text(demo.stdout);
    const [code] = await once(demo, 'close');
    const printed = await said;
    expect(code).toBe(0);
    expect(printed).toContain('three servers, all up');
    const addresses = new Set(printed.match(/127\.0\.0\.1:\d+/g));
    expect(addresses.size).toBe(4); // the servers and the daemon
    for (const address of addresses) expect(await isListening(address)).toBe(false);
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('cleans up when it is interrupted', async () => {
    const demo = start();
    let printed = '';
    demo.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    demo.stderr.setEncoding('utf8');
    // Servers are on their way.
    for await (const progress of demo.stderr) if (String(progress).includes('demo-1')) break;
    demo.kill('SIGINT');
    const [code] = await once(demo, 'exit');
    expect(code).toBe(1);
    expect(readdirSync(tmp)).toEqual([]);
    const [daemon = ''] = printed.match(/127\.0\.0\.1:\d+/) ?? [];
    expect(await isListening(daemon)).toBe(false);
  });
});
