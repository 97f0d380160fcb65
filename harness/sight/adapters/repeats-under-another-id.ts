// Planted bug: an enqueue that was not answered is sent again under an id of its own, as if it surely had not happened.

import { setTimeout as delay } from 'node:timers/promises';
import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

/** Until there is a connection again. */
const pauseMs = 60;

export default {
  ...reliableList,
  name: 'repeats-under-another-id',
  producer: (settings) => {
    const producer = reliableList.producer(settings);
    return {
      ...producer,
      enqueue: (job) =>
        producer.enqueue(job).catch(async () => {
          await delay(pauseMs);
          return producer.enqueue({ ...job, id: [...job.id].reverse().join('') });
        }),
    };
  },
} satisfies QueueAdapter;
