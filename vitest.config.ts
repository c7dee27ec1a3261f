import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mutantPlugin } from './test/mutants/plugin.js';

/** What `npm run coverage` looks at, which must be covered whole: the journal, and resume. Its tests are named in package.json. */
const COVERED = ['src/journal/**', 'src/runtime/run-loader.ts', 'src/runtime/keyed-queue.ts'];
const WHOLE = { branches: 100, functions: 100, lines: 100, statements: 100 };

const src = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Where to write a JSON report beside the one for people. */
const report = process.env.NUFLOW_TEST_REPORT;

/** Name of a bug to put into the sources, see test/mutants. */
const mutant = process.env.NUFLOW_MUTANT;

export default defineConfig({
  plugins: mutant === undefined ? [] : [mutantPlugin(mutant)],
  resolve: {
    // Tests run on the sources; what they start as processes is built.
    alias: [
      { find: /^nuflow$/, replacement: src('index.ts') },
      { find: /^nuflow\/inspect$/, replacement: src('inspect.ts') },
      { find: /^nuflow\/(journal|runners|dag)$/, replacement: src('$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    // No test is about time: these are for machines that do much else.
    testTimeout: 120_000,
    maxConcurrency: 2,
    // One less is the default, which on two processors means one file at a time.
    maxWorkers: '100%',
    hookTimeout: 120_000,
    reporters: report === undefined ? ['default'] : ['default', 'json'],
    coverage: {
      include: COVERED,
      thresholds: Object.fromEntries(COVERED.map((files) => [files, WHOLE])),
    },
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
