// Planted bug: the reap takes the lease away and never puts the job back.

import { plant } from '../plant.ts';

export default plant('forgets-the-requeue', [
  'reap',
  "redis.call('RPUSH', prefix .. 'queued', id)\n    end",
  'end',
]);
