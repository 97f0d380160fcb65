// Planted bug: an enqueue is acknowledged at once and written a little later, in the background.

import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'acknowledges-before-writing',
  producer: (settings) => {
    const producer = reliableList.producer(settings);
    return {
      ...producer,
      enqueue: async (job) => {
        setTimeout(() => producer.enqueue(job).catch(() => {}), 20);
        const fresh = { state: 'queued', version: 1, fence: 0, attempts: 0 } as const;
        return { outcome: 'accepted', record: { ...job, ...fresh, enqueuedAtMs: Date.now() } };
      },
    };
  },
} satisfies QueueAdapter;
