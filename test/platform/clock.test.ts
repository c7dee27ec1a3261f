import { systemClock } from '../../src/platform/clock.js';
import { clockContract } from '../support/clock-contract.js';

clockContract("The machine's", () => systemClock);
