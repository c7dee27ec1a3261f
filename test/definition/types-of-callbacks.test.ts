import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  defineWorkflow,
  type InputOf,
  type JsonValue,
  type Orchestrator,
  type OutputsOf,
  type Run,
  type RunEvent,
  type StandardSchema,
  workflowFromData,
} from '../../src/index.js';

const workflow = defineWorkflow('typed', {
  input: z.object({ name: z.string(), size: z.number().default(1) }),
  tasks: (t) => ({ count: t.fn('count', { run: () => ({ n: 1 }) }) }),
});

describe('types of callbacks, schemas and runs', () => {
  it('types every callback by the input and the needed outputs', () => {
    interface Size {
      readonly cpus: number;
    }
    defineWorkflow('callbacks', {
      input: z.object({ name: z.string() }),
      tasks: (t) => {
        const network = t.fn('network', { run: () => ({ id: 'n1' }) });
        const size = t.fn('size', { run: async (): Promise<Size> => ({ cpus: 2 }) });
        const needs = { network, size };
        t.nu('code', {
          needs,
          code: '$in',
          input: ({ input, needs: outputs }) => {
            expectTypeOf(input).toEqualTypeOf<{ name: string }>();
            expectTypeOf(outputs.size).toEqualTypeOf<Size>();
            return { ...outputs.network, size: outputs.size };
          },
          env: ({ needs: outputs }) => ({ NETWORK: outputs.network.id }),
        });
        t.nu('call', {
          needs,
          use: 'm.nu',
          call: 'c',
          flags: ({ input }) => ({ name: input.name, none: undefined, nested: { deep: [1] } }),
          input: ({ needs: outputs }) => outputs.size,
        });
        t.nu('script', { needs, script: 'm.nu', args: ({ input }) => [input.name] });
        t.shell('shell', { needs, command: 'x', args: ({ needs: { network: n } }) => [n.id] });
        t.shell('stdin', { needs, command: 'x', stdin: ({ input }) => input.name });
        t.task('custom', {
          needs,
          runner: 'docker',
          with: {
            image: 'alpine',
            cpus: ({ needs: { size: s } }) => s.cpus,
            ref: { $input: 'name' },
          },
        });
        // @ts-expect-error arguments of a program are text
        t.shell('wrong', { needs, command: 'x', args: ({ needs: { size: s } }) => [s.cpus] });
        return {};
      },
    });
  });

  it('leaves outputs open that a trigger rule can do without, and lists without names', () => {
    defineWorkflow('open', {
      tasks: (t) => {
        const a = t.fn('a', { run: () => 1 });
        t.fn('b', {
          needs: { a },
          trigger: 'one_failed',
          run: ({ needs }) => expectTypeOf(needs.a).toEqualTypeOf<number | undefined>(),
        });
        t.fn('c', {
          needs: { a },
          trigger: 'all_success',
          run: ({ needs }) => expectTypeOf(needs.a).toEqualTypeOf<number>(),
        });
        t.fn('d', {
          needs: [a, 'b'],
          run: ({ needs, input }) => {
            expectTypeOf(needs).toEqualTypeOf<Readonly<Record<never, never>>>();
            expectTypeOf(input).toEqualTypeOf<JsonValue>();
            // @ts-expect-error a list gives no names
            return needs.a;
          },
        });
        return {};
      },
    });
  });

  it('types any Standard Schema, for start and for callbacks', () => {
    type Celsius = StandardSchema<string, { degrees: number }>;
    const celsius: Celsius = {
      '~standard': { version: 1, vendor: 't', validate: () => ({ value: { degrees: 1 } }) },
    };
    const cold = defineWorkflow('cold', {
      input: celsius,
      tasks: (t) => ({
        a: t.fn('a', {
          output: celsius,
          run: ({ input }) => expectTypeOf(input).toEqualTypeOf<{ degrees: number }>(),
        }),
      }),
    });
    expectTypeOf<InputOf<typeof cold>>().toEqualTypeOf<string>();
    expectTypeOf<OutputsOf<typeof cold>>().toEqualTypeOf<{
      readonly a: { degrees: number } | undefined;
    }>();
  });

  it('types a run by its workflow, its events by their name', () => {
    type Started = ReturnType<typeof startTyped>;
    const startTyped = (o: Orchestrator) => o.start(workflow, { input: { name: 'wuji' } });
    expectTypeOf<Started>().toEqualTypeOf<Promise<Run<OutputsOf<typeof workflow>>>>();
    type Result = Awaited<Awaited<Started>['result']>;
    expectTypeOf<Result['outputs']['count']>().toEqualTypeOf<{ n: number } | undefined>();
    expectTypeOf<Result['status']>().toEqualTypeOf<'succeeded' | 'failed' | 'cancelled'>();
    const listen = (run: Run) => {
      run.on('task.failed', (event) => expectTypeOf(event.error.code).toEqualTypeOf<string>());
      run.on('task.output', (event) => expectTypeOf(event.text).toEqualTypeOf<string>());
      run.on('*', (event) => expectTypeOf(event).toEqualTypeOf<RunEvent>());
      // @ts-expect-error there is no such event
      run.on('task.exploded', () => {});
    };
    const startWrong = (o: Orchestrator) => {
      // @ts-expect-error the input has no field size of this type
      void o.start(workflow, { input: { name: 'wuji', size: 'big' } });
      // @ts-expect-error data workflows take JSON
      void o.start(workflowFromData({}), { input: new Map() });
    };
    expectTypeOf(listen).toBeFunction();
    expectTypeOf(startWrong).toBeFunction();
  });
});
