import { setTimeout as delay } from 'node:timers/promises';
import { FunctionRunner } from '../../src/runners/function/function-runner.js';
import { NushellRunner } from '../../src/runners/nushell/nushell-runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { runnerContract } from '../support/runner-contract.js';
import { NUSHELLS } from './attempts.js';

runnerContract('FunctionRunner', () => ({
  runner: new FunctionRunner(),
  spawns: false,
  greets: { with: {}, call: ({ log }) => log('hello') },
  fails: {
    with: {},
    call: () => {
      throw new Error('no');
    },
  },
  waits: {
    with: {},
    call: async ({ signal, log }) => {
      log('ready');
      await delay(60_000, undefined, { signal });
    },
  },
  persists: {
    with: {},
    call: ({ log }) => {
      log('ready');
      return new Promise(() => {});
    },
  },
  refused: { code: '1' },
}));

runnerContract('ShellRunner', () => ({
  runner: new ShellRunner(),
  spawns: true,
  greets: { with: { command: 'echo', args: ['hello'] } },
  fails: { with: { command: 'false' } },
  waits: { with: { command: 'sh', args: ['-c', 'echo ready; exec sleep 60'] } },
  persists: {
    with: { command: 'sh', args: ['-c', 'trap "" INT; echo ready; sleep 60; sleep 60'] },
  },
  refused: { command: '' },
}));

for (const [version, binary] of NUSHELLS) {
  runnerContract(`NushellRunner on ${version}`, () => ({
    runner: new NushellRunner({ binary }),
    spawns: true,
    greets: { with: { code: 'print hello' } },
    fails: { with: { code: 'error make {msg: "no"}' } },
    waits: { with: { code: 'print ready; sleep 60sec' } },
    persists: {
      with: { code: `print ready; ^sh -c 'trap "" INT; sleep 60; sleep 60'; loop { sleep 60sec }` },
    },
    refused: { code: '' },
  }));
}
