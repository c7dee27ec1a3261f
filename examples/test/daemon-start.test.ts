import { DataDirLockedError, unreachable } from 'nuflow';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asksForHelp } from '../daemon/options.js';
import { startProblem } from '../daemon/start-problem.js';
import { TokenError } from '../daemon/token.js';
import { LocalDaemon } from './local-daemon.js';

const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: it failed, ${syscall}`), { code, syscall });

describe('why a daemon did not start', () => {
  it.each([
    [systemError('ENOSPC', 'write'), 'ENOSPC: it failed, write; make space on the disk'],
    [systemError('ENOTDIR', 'mkdir'), 'ENOTDIR: it failed, mkdir; name another folder with --data'],
    [systemError('EACCES', 'mkdir'), 'EACCES: it failed, mkdir; give this user access to it'],
    [systemError('EACCES', 'listen'), 'EACCES: it failed, listen; name another port with --port'],
    [systemError('EADDRINUSE', 'listen'), 'listen; stop what listens there, or name another port'],
    [systemError('ENOTFOUND', 'getaddrinfo'), 'name an address of this machine with --host'],
    [systemError('EIO', 'fsync'), 'EIO: it failed, fsync; fix the cause'],
    [new TokenError('/d/token holds no token'), 'TOKEN: /d/token holds no token'],
    [new DataDirLockedError('/d', 7, undefined), 'NUFLOW_DATA_DIR_LOCKED: /d is in use by'],
  ])('is a line with a code and what to do: %s', (error, text) => {
    expect(startProblem(error)).toContain(text);
  });

  it('is shown with its stack when it is a bug', () => {
    expect(startProblem(new TypeError('x is not a function'))).toBeUndefined();
    expect(() => unreachable('x' as never, 'y')).toThrow(
      expect.toSatisfy((error: unknown) => startProblem(error) === undefined),
    );
  });
});

describe('the command line of the daemon', () => {
  it('asks for help, whatever else is in it', () => {
    expect(asksForHelp(['--help'])).toBe(true);
    expect(asksForHelp(['--prt', '1', '-h'])).toBe(true);
    expect(asksForHelp(['--port', '1'])).toBe(false);
  });
});

describe('a daemon whose data directory can not be made', () => {
  it('says in one line what to do', async () => {
    const daemon = new LocalDaemon();
    onTestFinished(() => daemon.remove());
    const error = await daemon.start({ dataDir: '/dev/null/x' }).catch((thrown) => thrown);
    expect(startProblem(error)).toMatch(/^NUFLOW_DATA_DIR: \/dev\/null\/x .*\.$/);
  });
});
