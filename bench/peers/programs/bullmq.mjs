// BullMQ on Redis: node bullmq.mjs <independent|chain|fan> <size> <port>; prints the milliseconds from adding to the last end.
import { FlowProducer, Queue, Worker } from 'bullmq';

const [shape, sizeText, port] = process.argv.slice(2);
const size = Number(sizeText);
const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
const name = `bench-${process.pid}`;
const queue = new Queue(name, { connection });
const flows = new FlowProducer({ connection });
await queue.waitUntilReady();

let left = size;
let finish;
const finished = new Promise((resolve) => {
  finish = resolve;
});
const follow = { fan: () => {} };
const worker = new Worker(
  name,
  async (job) => {
    if (job.name === 'first') await follow.fan();
    return 0;
  },
  { connection, concurrency: 10 },
);
worker.on('completed', () => {
  left--;
  if (left === 0) finish();
});
await worker.waitUntilReady();

/** A chain as a flow: the first to run is the innermost child. */
function nested(depth) {
  let flow = { name: 'job', queueName: name, data: {} };
  for (let n = 1; n < depth; n++)
    flow = { name: 'job', queueName: name, data: {}, children: [flow] };
  return flow;
}

const children = (count) =>
  Array.from({ length: count }, () => ({ name: 'job', queueName: name, data: {} }));

const begun = performance.now();
if (shape === 'independent')
  await queue.addBulk(Array.from({ length: size }, () => ({ name: 'job', data: {} })));
else if (shape === 'chain') await flows.add(nested(size));
else {
  follow.fan = () =>
    flows.add({ name: 'job', queueName: name, data: {}, children: children(size - 2) });
  await queue.add('first', {});
}
await finished;
console.log(performance.now() - begun);
await worker.close();
await queue.obliterate({ force: true });
process.exit(0);
