import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from './runners/attempts.js';
import { builtLibrary } from './runners/built-library.js';

const library = builtLibrary();
const folder = temporaryFolder();

/** What a program prints that may have only so many files open. `fill()` opens all of them, `free()` closes them. */
function printed(body: string): string {
  const script = join(folder, `late-${body.length}.mjs`);
  writeFileSync(
    script,
    `import { closeSync, openSync } from 'node:fs';
     const open = [];
     const fill = () => { try { for (;;) open.push(openSync('/dev/null', 'r')); } catch {} };
     const free = () => { for (const fd of open.splice(0)) closeSync(fd); };
     const load = (file) => import(${JSON.stringify(pathToFileURL(library).href)} + '/' + file);
     ${body}`,
  );
  const limited = 'ulimit -n 128 && exec "$0" "$1"';
  return execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
}

it('a package that was to be loaded while no more files could be opened is loaded later', () => {
  const body = `const { lazyImport } = await load('lazy-import.js');
     for (const name of ['execa', 'zod', 'yaml']) {
       const get = lazyImport(name);
       fill();
       try { get(); console.log('loaded'); } catch ({ code }) { console.log(code); }
       free();
       console.log(typeof get());
     }`;
  expect(printed(body).trim().split('\n')).toEqual(Array(3).fill(['EMFILE', 'object']).flat());
});

it('a process that could not be started for want of files can be started later', () => {
  const body = `const { readyToStart, startProcess } = await load('runners/process/process.js');
     const nothing = openSync('/dev/null', 'r+');
     const stdio = [nothing, nothing, nothing];
     const start = () => startProcess({ file: '/bin/true', args: [], cwd: '/', env: {}, stdio });
     fill();
     await readyToStart().catch(({ code }) => console.log(code));
     free();
     await readyToStart();
     console.log(JSON.stringify(await start().ended));`;
  expect(printed(body).trim().split('\n')).toEqual([
    'EMFILE',
    JSON.stringify({ kind: 'exited', exitCode: 0 }),
  ]);
});
