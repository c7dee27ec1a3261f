import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LogCap } from '../../src/runners/logs/log-cap.js';
import { temporaryFolder } from './attempts.js';

const MIB = 1024 * 1024;
const folder = temporaryFolder();

it('bounds a log at its end where no holes can be made', async () => {
  process.env.PATH = folder; // no fallocate there
  const path = join(folder, 'log');
  writeFileSync(
    path,
    'x'
      .repeat(99)
      .concat('\n')
      .repeat((4 * MIB) / 100),
  );
  const cap = new LogCap(path, MIB);
  cap.grown(4 * MIB);
  const { blocks } = statSync(path);
  cap.grown(5 * MIB);
  await cap.finish();
  expect(blocks * 512).toBeGreaterThanOrEqual(3.9 * MIB);
  expect(statSync(path).size).toBeLessThanOrEqual(MIB);
  expect(readFileSync(path, 'utf8')).toMatch(/^\[nuflow: \d+ bytes left out\]$/m);
  expect(existsSync(`${path}.cut`)).toBe(false);
});
