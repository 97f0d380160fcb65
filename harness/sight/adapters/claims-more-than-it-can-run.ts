// Planted bug: a worker claims up to 32 jobs ahead, whatever it has slots for. They wait for this one worker, while others
// have nothing to do.

import type { Claim, QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'claims-more-than-it-can-run',
  consumer: (settings, worker) => {
    const consumer = reliableList.consumer(settings, worker);
    const ahead: Claim[] = [];
    return {
      ...consumer,
      claim: async (max, signal) => {
        if (ahead.length === 0) ahead.push(...(await consumer.claim(32, signal)));
        return ahead.splice(0, max);
      },
    };
  },
} satisfies QueueAdapter;
