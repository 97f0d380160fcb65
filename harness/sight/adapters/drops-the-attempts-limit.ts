// Planted bug: the setting that limits the attempts is not passed on, so a poison job comes back for ever.

import type { QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'drops-the-attempts-limit',
  consumer: (settings, worker) => reliableList.consumer({ ...settings, maxAttempts: 0 }, worker),
} satisfies QueueAdapter;
