// Planted bug: a job counts as done, with a result, as soon as it is claimed. Whoever dies while it runs loses it.

import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

const result = JSON.stringify({ verdict: 'AC', passed: 2, total: 2, runMs: 1 });

export default {
  ...reliableList,
  name: 'acks-before-running',
  consumer: (settings, worker) => {
    const consumer = reliableList.consumer(settings, worker);
    return {
      ...consumer,
      claim: async (max, signal) => {
        const claims = await consumer.claim(max, signal);
        await Promise.all(claims.map((claim) => consumer.ack(claim, result)));
        return claims;
      },
    };
  },
} satisfies QueueAdapter;
