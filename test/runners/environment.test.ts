import { describe, expect, it } from 'vitest';
import { allowedEnvironment } from '../../src/runners/process/environment.js';

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
    expect(allowedEnvironment(from)()).toEqual({
      PATH: '/bin',
      HOME: '/home/me',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
    });
  });

  it('adds the names it is given, if they are set', () => {
    expect(allowedEnvironment(from, ['EXTRA', 'GONE', 'NOT_SET'])()).toMatchObject({ EXTRA: 'e' });
    expect(Object.keys(allowedEnvironment(from, ['GONE', 'NOT_SET'])())).toHaveLength(4);
  });

  it('looks at the values each time it is asked', () => {
    const changing: Record<string, string | undefined> = { ...from };
    const environment = allowedEnvironment(changing, ['EXTRA', 'LATE']);
    changing.PATH = '/usr/bin';
    changing.LATE = 'here by now';
    changing.EXTRA = undefined;
    expect(environment()).toMatchObject({ PATH: '/usr/bin', LATE: 'here by now' });
    expect(environment()).not.toHaveProperty('EXTRA');
  });
});
