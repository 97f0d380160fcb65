// Planted bug: the cap is checked by one command and the job pushed by another, so that concurrent enqueues exceed it.

import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'checks-the-cap-before-the-push',
  producer: (settings) => {
    const { cap } = settings;
    const producer = reliableList.producer({ ...settings, cap: 0 });
    return {
      ...producer,
      enqueue: async (job) => {
        const { queued } = await producer.counts();
        return cap > 0 && queued >= cap ? { outcome: 'full', queued, cap } : producer.enqueue(job);
      },
    };
  },
} satisfies QueueAdapter;
