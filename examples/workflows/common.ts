import { z } from 'zod';

/** A DNS label. Names become folder names in the provider, which checks them again. */
export const label = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'use 1 to 63 of a-z, 0-9 and dashes, beginning and ending with a letter or digit',
  );

/** Sizes servers come in. */
export const serverSize = z.enum(['small', 'medium', 'large']);

/** A provider that is away for a moment is asked again; what is wrong with the request stays wrong. */
export const RETRY = {
  maximumAttempts: 3,
  initialInterval: '200ms',
  nonRetryableErrors: [
    'provisioning::server_exists',
    'provisioning::invalid_name',
    'provisioning::no_such_infra',
    'provisioning::no_such_provider',
    'provisioning::no_such_server',
    'provisioning::requirement_missing',
  ],
} as const;

/** What all tasks that ask a provider have in common. */
export const ASKS_PROVIDER = { retry: RETRY, timeout: '2m' } as const;

/** Outputs of the Nushell commands, as far as something depends on them; more is kept. */
export const withId = z.looseObject({ id: z.string() });
export const server = z.looseObject({
  name: z.string(),
  status: z.literal('up'),
  address: z.string(),
});
export const installed = z.looseObject({ service: z.string(), server: z.string() });

/**
 * Asks the provider, after a crash, whether a server was made: "does wuji exist?" If it does, the
 * task is done; if not, making it is tried again, which the provider's key makes safe; when the provider
 * can't say, the task is held, since a second server would be paid for.
 */
export function serverProbe(name: string | { readonly $input: string }) {
  return {
    use: 'servers/find.nu',
    call: 'made-server',
    args: [name],
    flags: { infra: { $input: 'infra' } },
  } as const;
}
