import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  defineWorkflow,
  type InputOf,
  type JsonValue,
  type OutputsOf,
  secret,
  type TaskRef,
} from '../../src/index.js';

const workflow = defineWorkflow('typed', {
  input: z.object({ name: z.string(), size: z.number().default(1) }),
  tasks: (t) => {
    const network = t.nu('network', {
      use: 'network.nu',
      call: 'create-network',
      args: ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<{ name: string; size: number }>();
        return [input.name];
      },
      output: z.object({ id: z.string() }),
    });
    const count = t.fn('count', {
      needs: { network },
      run: ({ needs, signal, attempt, key }) => {
        expectTypeOf(needs).toEqualTypeOf<{ readonly network: { id: string } }>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(key).toEqualTypeOf<string>();
        return { n: needs.network.id.length };
      },
    });
    const anyway = t.fn('anyway', {
      needs: { count, network },
      trigger: 'all_done',
      run: async ({ needs }) => {
        expectTypeOf(needs.count).toEqualTypeOf<{ n: number } | undefined>();
        return needs.count?.n ?? 0;
      },
    });
    const raw = t.shell('raw', { command: 'true', needs: [network] });
    return { network, count, anyway, raw };
  },
});

describe('types of a definition', () => {
  it('types the input that start takes by the schema’s input', () => {
    expectTypeOf<InputOf<typeof workflow>>().toEqualTypeOf<{
      name: string;
      size?: number | undefined;
    }>();
  });

  it('types each output by its task’s schema or return value', () => {
    expectTypeOf<OutputsOf<typeof workflow>>().toEqualTypeOf<{
      readonly network: { id: string } | undefined;
      readonly count: { n: number } | undefined;
      readonly anyway: number | undefined;
      readonly raw: JsonValue | undefined;
    }>();
  });

  it('refuses callbacks that use what upstream does not give', () => {
    defineWorkflow('wrong', {
      input: z.object({ name: z.string() }),
      tasks: (t) => {
        const network = t.fn('network', { run: () => ({ id: 'n1' }) });
        // @ts-expect-error the output of network has no field address
        t.fn('server', { needs: { network }, run: ({ needs }) => needs.network.address });
        // @ts-expect-error the input has no field region
        t.nu('other', { use: 'm.nu', call: 'c', args: ({ input }) => [input.region] });
        return { network };
      },
    });
  });

  it('types the secrets that functions see by the names the task lists', () => {
    defineWorkflow('secrets', {
      tasks: (t) => {
        const listed = t.fn('listed', {
          secrets: ['TOKEN', 'KEY'],
          run: ({ secrets }) => {
            expectTypeOf(secrets).toEqualTypeOf<Readonly<Record<'TOKEN' | 'KEY', string>>>();
            return 1;
          },
        });
        t.shell('mixed', {
          command: 'true',
          secrets: ['TOKEN'],
          stdin: ({ secrets }) => `token = ${secrets.TOKEN}`,
          env: { KEY: secret('KEY'), NAME: { $input: 'name' }, FIXED: 'yes' },
        });
        // @ts-expect-error the task lists no secret KEY
        t.fn('other', { secrets: ['TOKEN'], run: ({ secrets }) => secrets.KEY });
        // @ts-expect-error the task lists no secrets
        t.nu('none', { code: '1', env: ({ secrets }) => ({ TOKEN: secrets.TOKEN }) });
        return { listed };
      },
    });
  });

  it('types the probe of a function by what the function gives, with the same context', () => {
    defineWorkflow('probed', {
      input: z.object({ name: z.string() }),
      tasks: (t) => {
        const network = t.fn('network', { run: () => ({ id: 'n1' }), probe: () => null });
        const server = t.fn('server', {
          needs: { network },
          run: () => ({ address: '::1' }),
          probe: async ({ input, needs, key }) => {
            expectTypeOf(input).toEqualTypeOf<{ name: string }>();
            expectTypeOf(needs).toEqualTypeOf<{ readonly network: { id: string } }>();
            expectTypeOf(key).toEqualTypeOf<string>();
            return key === '' ? undefined : { address: input.name };
          },
        });
        expectTypeOf(server).toEqualTypeOf<TaskRef<{ address: string }>>();
        // @ts-expect-error the output of this task has an address
        t.fn('wrong', { run: () => ({ address: '::1' }), probe: () => ({ port: 80 }) });
        return { server };
      },
    });
  });

  it('types the probes of other tasks as what their runner is told', () => {
    defineWorkflow('probed', {
      input: z.object({ name: z.string() }),
      tasks: (t) => {
        const args = ({ input }: { readonly input: { readonly name: string } }) => [input.name];
        t.nu('call', { use: 'm.nu', call: 'make', probe: { use: 'm.nu', call: 'find', args } });
        t.nu('code', { code: '1', probe: { code: '$input', input: { $input: 'name' } } });
        t.nu('script', { script: 'x.nu', probe: { code: 'null' } });
        t.shell('program', { command: 'make', probe: { command: 'find', args } });
        t.task('own', { runner: 'own', probe: { find: args } });
        // @ts-expect-error a script gives no output, so it can't answer
        t.nu('silent', { code: '1', probe: { script: 'x.nu' } });
        const wrong = ({ input }: { readonly input: { readonly region: string } }) => [
          input.region,
        ];
        // @ts-expect-error the input has no field region
        t.shell('wrong', { command: 'a', probe: { command: 'b', args: wrong } });
        return {};
      },
    });
  });

  it('keeps references to tasks apart by their output', () => {
    expectTypeOf<TaskRef<{ id: string }>>().not.toExtend<TaskRef<{ n: number }>>();
  });
});
