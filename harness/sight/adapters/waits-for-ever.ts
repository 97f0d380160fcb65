// Planted bug: the worker's connections have no timeout of any kind, so it waits for ever for what a silent one owes it.

import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'waits-for-ever',
  consumer: (settings, worker) =>
    reliableList.consumer({ ...settings, redis: { ...settings.redis, client: 'defaults' } }, worker),
} satisfies QueueAdapter;
