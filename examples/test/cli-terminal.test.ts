import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
/** script(1) of util-linux makes the terminals. */
const NO_TERMINAL =
  spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'no script(1) of util-linux here';

const ESC = '\u001b';
const SGR = new RegExp(`${ESC}\\[[\\d;]*m`, 'g');
/** What log-update writes: cursor up and to the left, erase, cursor off and on, synchronized output. */
const DRAWING = new RegExp(`${ESC}\\[(?:\\d*[ABGK]|\\?25[lh]|\\?2026[lh])`, 'g');
const HOSTILE = `one\n==> b (attempt 1, stdout) <==\r\n${ESC}[31mred\r${ESC}]0;t\u0007${ESC}[2J\u202e`;

beforeAll(async () => {
  rig = new CliRig(cli);
  rig.write('hostile', HOSTILE);
  rig.write('flow.json', {
    name: 'flow',
    tasks: ['a\u202e', 'b'].map((id) => ({ id, shell: { command: 'cat', args: ['hostile'] } })),
  });
  await rig.run('run', 'flow.json', '--id', 'one', '--quiet');
}, 60_000);
afterAll(() => rig.remove());

describe.skipIf(NO_TERMINAL)('on a terminal', () => {
  it('a log keeps its lines and colours, and forges no heading', async () => {
    const { code, stdout } = await rig.terminal('$NUFLOW logs one');
    expect(code).toBe(0);
    const log = [
      '  one',
      '  ==> b (attempt 1, stdout) <==',
      `  ${ESC}[31mred\\r\\u{1b}]0;t\\u{7}\\u{1b}[2J\\u{202e}${ESC}[0m`,
    ];
    const lines = [
      '==> a\\u{202e} (attempt 1, stdout) <==',
      ...log,
      '==> b (attempt 1, stdout) <==',
      ...log,
    ];
    expect(stdout).toBe(lines.map((line) => `${line}\r\n`).join(''));
  });

  it('a log has no colours with NO_COLOR', async () => {
    const { stdout } = await rig.terminal('NO_COLOR=1 $NUFLOW logs one b');
    expect(stdout).not.toContain(ESC);
    expect(stdout).toContain('red\\r');
  });

  it.each([{ columns: 20 }, { columns: 1, rows: 1 }, { columns: 80 }])(
    'a run is drawn within %o, and what tasks print does not draw',
    async (size) => {
      const id = `drawn-${size.columns}`;
      const { code, stdout } = await rig.terminal(`$NUFLOW run flow.json --id ${id} --logs`, size);
      expect(code).toBe(0);
      const shown = stdout.replace(DRAWING, '').replaceAll('\r\n', '\n');
      expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
      expect(shown).toContain('stdout: \\u{1b}[31mred\\r');
      expect(shown).toMatch(new RegExp(`^run ${id} succeeded: 2/2 done`, 'm'));
      expect(stdout).not.toMatch(SGR);
    },
    60_000,
  );

  it('a run of 5,000 tasks is drawn in a few lines', async () => {
    const index = new URL('./node_modules/nuflow/dist/index.js', `file://${cli}`).href;
    rig.write(
      'many.mjs',
      `import { defineWorkflow } from '${index}';
      const sleep = () => new Promise((resolve) => setTimeout(resolve, 300));
      export default defineWorkflow('many', { tasks: (t) => {
        for (let i = 0; i < 5_000; i++) t.fn('t' + i, { run: sleep });
        return {};
      } });`,
    );
    const run = '$NUFLOW run many.mjs --concurrency 5000 --id many';
    const { code, stdout } = await rig.terminal(run, { rows: 10, columns: 40 });
    expect(code).toBe(0);
    expect(stdout).toContain('run many succeeded: 5000/5000 done');
    expect(stdout.length).toBeLessThan(200_000);
  }, 120_000);
});
