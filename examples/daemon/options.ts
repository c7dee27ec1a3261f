import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';

export const USAGE = `usage: daemon [--port 9090] [--host 127.0.0.1] [--data-dir .nuflow] [--concurrency 10]
Also from the environment: NUFLOW_PORT, NUFLOW_HOST, NUFLOW_DATA_DIR, NUFLOW_CONCURRENCY. Port 0 is any free one.
Secrets, too: db.password is NUFLOW_SECRET_DB_PASSWORD.`;

const options = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(9090),
  host: z.string().min(1).default('127.0.0.1'),
  dataDir: z
    .string()
    .min(1)
    .default('.nuflow')
    .transform((path) => resolve(path)),
  concurrency: z.coerce.number().int().min(1).max(10_000).default(10),
});
export type DaemonOptions = z.output<typeof options>;

/** Whether the command line asks for help, whatever else is in it. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

/** Options from the command line, else from the environment, else the defaults. Throws what is wrong with them. */
export function daemonOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DaemonOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { port: text, host: text, 'data-dir': text, concurrency: text },
  });
  return options.parse({
    port: values.port ?? env.NUFLOW_PORT,
    host: values.host ?? env.NUFLOW_HOST,
    dataDir: values['data-dir'] ?? env.NUFLOW_DATA_DIR,
    concurrency: values.concurrency ?? env.NUFLOW_CONCURRENCY,
  });
}
