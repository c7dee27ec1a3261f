import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
/** First line of every file, by which the library knows the files of its own version; see runners/programs.ts. */
const BUILD = `// nuflow ${version}`;

/**
 * The library as a dozen files in place of a hundred and sixty: finding, reading and linking each costs Node more
 * than what is in it. Entries keep their places: package.json names the first five, the others are programs of
 * their own and the file that tells where those are.
 */
const ENTRIES = [
  'index',
  'inspect',
  'journal/index',
  'runners/index',
  'dag/index',
  'runners/programs',
  'runners/spawner/helper',
  'runners/private/filter-main',
];

export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
  platform: 'node',
  external: /^[^./]/,
  resolve: { extensionAlias: { '.js': ['.ts'] } },
  transform: { target: 'es2023', define: { NUFLOW_BUILD: JSON.stringify(BUILD) } },
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    banner: BUILD,
    sourcemap: true,
    keepNames: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
  },
});
