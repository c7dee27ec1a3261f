import { join } from 'node:path';
import { directStarter } from '../../src/runners/process/direct-starter.js';
import { Spawner } from '../../src/runners/spawner/spawner.js';
import { Spawners } from '../../src/runners/spawner/spawners.js';
import { starterContract } from '../support/starter-contract.js';
import { builtLibrary } from './built-library.js';

const library = builtLibrary();

starterContract('directStarter', () => directStarter);
starterContract('Spawner', () => new Spawner(join(library, 'runners/spawner/helper.js')));
starterContract('Spawners', () => new Spawners(join(library, 'runners/spawner/helper.js')));
