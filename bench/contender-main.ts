// One contender in a process of its own: warms up, then adds and does its jobs as it is told, and says how long each
// took. Started by queues.ts and memory.ts over IPC; ends when the other side does.

import { setTimeout as delay } from 'node:timers/promises';
import { contenders } from './contenders.ts';

export interface Order {
  contender: string;
  url: string;
  prefix: string;
  jobs: number;
  warmUp: number;
  /** Adds and jobs under way at a time. */
  window: number;
  payloadBytes: number;
  /** After so many jobs, and at the end, the heap is measured (with --expose-gc); 0: never. */
  heapEvery: number;
}

export interface Measured {
  addMs: number;
  workMs: number;
  heapMb: number[];
}

process.on('disconnect', () => process.exit(1));
process.once('message', async (order: Order) => {
  process.send!(await measure(order));
  process.disconnect();
});

async function measure(order: Order): Promise<Measured> {
  const { jobs, warmUp, window, payloadBytes, heapEvery } = order;
  const contender = await contenders[order.contender]!(order.url, order.prefix);
  const payload = 'x'.repeat(payloadBytes);
  await contender.add(warmUp, payload, window);
  // A worker of BullMQ or bee-queue is made once; warming it up would be another one.
  if (warmUp > 0) await contender.work(warmUp, window);

  const measured: Measured = { addMs: 0, workMs: 0, heapMb: [] };
  const step = heapEvery || jobs;
  for (let done = 0; done < jobs; done += step) {
    const count = Math.min(step, jobs - done);
    const addBegan = performance.now();
    await contender.add(count, payload, window);
    measured.addMs += performance.now() - addBegan;
    const workBegan = performance.now();
    await contender.work(count, window);
    measured.workMs += performance.now() - workBegan;
    if (heapEvery > 0) {
      await delay(50);
      globalThis.gc?.();
      measured.heapMb.push(process.memoryUsage().heapUsed / 2 ** 20);
    }
  }
  await contender.close();
  return measured;
}
