import { systemClock } from '../../src/world/clock.js';
import { clockContract } from '../support/clock-contract.js';

clockContract("The machine's", () => systemClock);
