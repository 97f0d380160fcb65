// Planted bug: at a SIGTERM the worker gives back what it holds, instead of finishing it, and the release takes the
// lease away without putting the job back.

import type { Claim, QueueAdapter } from '../../../services/shared/queue/queue.ts';
import { plant } from '../plant.ts';

const forgetful = plant('forgets-at-sigterm', ['release', "redis.call('RPUSH', prefix .. 'queued', id)", '']);

export default {
  ...forgetful,
  consumer: (settings, worker) => {
    const consumer = forgetful.consumer(settings, worker);
    const claimed: Claim[] = [];
    const giveBack = () => {
      for (const claim of claimed) consumer.release(claim).catch(() => {});
    };
    return {
      ...consumer,
      claim: async (max, draining) => {
        if (claimed.length === 0) draining.addEventListener('abort', giveBack, { once: true });
        const claims = await consumer.claim(max, draining);
        claimed.push(...claims);
        return claims;
      },
    };
  },
} satisfies QueueAdapter;
