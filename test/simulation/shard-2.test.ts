import { simulateShard } from './shard.js';

simulateShard(2);
