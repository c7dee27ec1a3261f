import type { RunEvent } from 'nuflow';

const env = {
  PASSWORD: { $secret: 'PASSWORD' },
  TOKEN: { $secret: 'TOKEN' },
  KEY: { $secret: 'KEY' },
};
const shell = (script: string) => ({ command: 'sh', args: ['-c', script], env });

/** Tasks that give away what they know in every way that programs have. */
export const LEAKY = {
  name: 'leaky',
  secretInputs: ['db.password'],
  tasks: [
    {
      id: 'prints',
      nu: {
        code: `
print $env.PASSWORD $env.TOKEN $env.KEY $input
print -e ($input | to json) ($env.PASSWORD | url encode --all) ($env.TOKEN | encode hex)
print ($"user:($env.TOKEN)" | encode base64) ($env.KEY | encode base64) ($env | select PASSWORD KEY)
{password: $env.PASSWORD, given: $input, nested: [{$env.TOKEN: ($env.PASSWORD | to json)}]}`,
        input: { $input: '' },
        env,
      },
    },
    {
      id: 'raises',
      nu: {
        code: `
print $"attempt with ($input)"
let text = 'a message that is so long that whoever renders it has to break it into lines somewhere near'
error make {msg: $"($text) ($env.TOKEN) and ($env.PASSWORD)", help: $env.KEY, label: {text: $input, span: (metadata $text).span}}`,
        input: { $input: 'db.password' },
        env,
      },
      retry: { maximumAttempts: 2, initialInterval: '10ms' },
    },
    { id: 'big', nu: { code: '1..20000 | each { $"($in) ($env.TOKEN)" }', env } },
    { id: 'script', nu: { script: 'leak.nu', env } },
    {
      id: 'pieces',
      shell: shell(
        'i=1; while [ $i -le 36 ]; do printf %s "$(printf %s "$TOKEN" | cut -c $i)"; i=$((i + 1)); done; exit 3',
      ),
    },
    {
      id: 'encodes',
      shell: {
        ...shell(
          'cat; printf %s "user:$PASSWORD" | base64; printf "%s" "$KEY" | base64 >&2; echo "$KEY" | sed "s/^/  | /"; printf %s "$PASSWORD" > /dev/stderr',
        ),
        stdin: { $input: 'db.password' },
      },
    },
    { id: 'dies', shell: shell('echo "$PASSWORD"; printf %s "$KEY" >&2; kill -9 $$') },
    { id: 'late', nu: { code: 'print $env.TOKEN; sleep 60sec', env }, timeout: '400ms' },
    {
      id: 'slow',
      nu: {
        code: `
print $"early ($env.TOKEN)"
touch slow.begun
while not ('go' | path exists) { sleep 10ms }
print $"late ($env.PASSWORD)"
[$env.TOKEN $input]`,
        input: { $input: 'db' },
        env,
      },
    },
    {
      id: 'after',
      needs: ['prints', 'slow'],
      nu: { code: 'print $input; $input', input: [{ $output: 'prints' }, { $output: 'slow' }] },
    },
  ],
};

/** Prints what it knows until it is stopped, and once more then. */
export const HANGS = {
  name: 'hangs',
  tasks: [
    {
      id: 'hangs',
      shell: shell(
        'trap "echo bye $PASSWORD; exit 1" INT; echo "$KEY"; touch hangs.begun; while :; do sleep 0.1; done',
      ),
    },
  ],
};

export const LEAK_SCRIPT = `
print $env.PASSWORD
print -e $"($env.TOKEN) in a line that is so long that it has to be broken somewhere, ($env.TOKEN) and again"
error make {msg: $"a script that fails with ($env.TOKEN) in words that go on and on ($env.PASSWORD)"}
`;

/** A workflow of functions that do the same; made with the library it is given. */
export function leakyFunctions({
  defineWorkflow,
}: Pick<typeof import('nuflow'), 'defineWorkflow'>) {
  const names = ['PASSWORD', 'TOKEN', 'KEY'] as const;
  return defineWorkflow('functions', {
    secretInputs: ['password'],
    tasks: (t) => ({
      returns: t.fn('returns', {
        secrets: names,
        run: ({ secrets, log, input }) => {
          log(`all: ${JSON.stringify(secrets)} ${JSON.stringify(input)}`);
          log(`${secrets.KEY.slice(0, 50)}\n  | ${secrets.KEY.slice(50)}`);
          return { ...secrets, input: input as null, [secrets.TOKEN]: [secrets.PASSWORD] };
        },
      }),
      throws: t.fn('throws', {
        secrets: names,
        retry: { maximumAttempts: 2, initialInterval: 1 },
        run: ({ secrets }) => {
          const cause = new Error(`because of ${secrets.KEY}`);
          const code = `E_${secrets.TOKEN}`;
          throw Object.assign(new Error(`no ${secrets.PASSWORD}`, { cause }), { code });
        },
      }),
    }),
  });
}

/** A listener that throws what it has got from somewhere. */
export function careless(secret: string): (event: RunEvent) => void {
  return () => {
    throw new Error(`a listener with ${secret}`);
  };
}
