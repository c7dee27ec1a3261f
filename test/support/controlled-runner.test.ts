import { type ControlledAttempt, ControlledRunner } from './controlled-runner.js';
import { runnerContract } from './runner-contract.js';

/** Work that goes by itself, as the contract wants it. */
function work(attempt: ControlledAttempt): void {
  if (attempt.isOver) return;
  switch (attempt.given.with?.work) {
    case 'greet':
      attempt.print('hello\n');
      attempt.succeed();
      break;
    case 'fail':
      attempt.fail();
      break;
    case 'wait':
      attempt.onStop = () => attempt.fail('E_STOPPED', 'It was asked to stop.');
      attempt.print('ready\n');
      break;
    default:
      attempt.print('ready\n');
      break;
  }
}

runnerContract('ControlledRunner', () => ({
  runner: new ControlledRunner(work),
  spawns: false,
  greets: { with: { work: 'greet' } },
  fails: { with: { work: 'fail' } },
  waits: { with: { work: 'wait' } },
  persists: { with: { work: 'persist' } },
  refused: { refuse: true },
}));
