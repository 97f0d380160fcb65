// Jobs per second of each queue, one worker process, jobs of 200 bytes that do nothing, no persistence. The contenders
// take turns, round after round, so that a noisy minute hits them all; what counts is the ratio within a round.

import { type Bench, median, type Row, round } from './bench.ts';
import { runContender } from './contender.ts';
import { contenders } from './contenders.ts';

const rounds = 5;
const order = { jobs: 50_000, warmUp: 0, window: 800, payloadBytes: 200, heapEvery: 0 };
const reference = 'bullmq';

export const queues: Bench = {
  name: 'queues',
  what: `jobs/s of each queue (one worker process, ${order.window} jobs at a time, ${order.payloadBytes}-byte jobs, ${rounds} rounds of ${order.jobs})`,
  bars: 'jobsPerSecond',
  async run(place) {
    const names = Object.keys(contenders);
    const added = new Map<string, number[]>(names.map((name) => [name, []]));
    const worked = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let turn = 0; turn < rounds; turn++) {
      place.say(`round ${turn + 1} of ${rounds}`);
      // Each round begins with another one.
      for (const [i] of names.entries()) {
        const contender = names[(i + turn) % names.length]!;
        const { addMs, workMs } = await runContender(place, { ...order, contender });
        added.get(contender)!.push((order.jobs / addMs) * 1000);
        worked.get(contender)!.push((order.jobs / workMs) * 1000);
      }
    }
    return names.map((name): Row => {
      const rates = worked.get(name)!;
      const ratios = rates.map((rate, turn) => rate / worked.get(reference)![turn]!);
      const addRatios = added.get(name)!.map((rate, turn) => rate / added.get(reference)![turn]!);
      return {
        queue: name,
        jobsPerSecond: Math.round(median(rates)),
        least: Math.round(Math.min(...rates)),
        most: Math.round(Math.max(...rates)),
        timesBullmq: round(median(ratios)),
        timesLeast: round(Math.min(...ratios)),
        timesMost: round(Math.max(...ratios)),
        addsPerSecond: Math.round(median(added.get(name)!)),
        addTimesBullmq: round(median(addRatios)),
      };
    });
  },
};
