import { simulateShard } from './shard.js';

simulateShard(4);
