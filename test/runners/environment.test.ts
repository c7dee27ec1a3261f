import { describe, expect, it } from 'vitest';
import { allowedEnvironment } from '../../src/runners/environment.js';

describe('allowedEnvironment', () => {
  const from = {
    PATH: '/bin',
    HOME: '/home/me',
    LC_ALL: 'C',
    XDG_CONFIG_HOME: '/x',
    AWS_SECRET_ACCESS_KEY: 'hush',
    GITHUB_TOKEN: 'hush',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: 'x.so',
    EXTRA: 'e',
    GONE: undefined,
  };

  it('keeps what programs need to find their way, and nothing else', () => {
    expect(allowedEnvironment(from)).toEqual({
      PATH: '/bin',
      HOME: '/home/me',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
    });
  });

  it('adds the names it is given, if they are set', () => {
    expect(allowedEnvironment(from, ['EXTRA', 'GONE', 'NOT_SET'])).toMatchObject({ EXTRA: 'e' });
    expect(Object.keys(allowedEnvironment(from, ['GONE', 'NOT_SET']))).toHaveLength(4);
  });
});
