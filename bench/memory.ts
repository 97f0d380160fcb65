// Whether the memory of a worker grows with the jobs that it did: a million of them, through the stream adapter, the heap
// measured after a collection every 100,000.

import type { Bench, Row } from './bench.ts';
import { round } from './bench.ts';
import { runContender } from './contender.ts';

const order = { jobs: 1_000_000, warmUp: 0, window: 200, payloadBytes: 200, heapEvery: 100_000 };

export const memory: Bench = {
  name: 'memory',
  what: 'heap of a process that adds and does 1,000,000 jobs on a stream, after a collection',
  async run(place) {
    const { heapMb } = await runContender(place, { ...order, contender: 'stream' }, ['--expose-gc']);
    return heapMb.map(
      (mb, i): Row => ({
        jobs: (i + 1) * order.heapEvery,
        heapMb: round(mb),
        timesFirst: round(mb / heapMb[0]!),
      }),
    );
  },
};
