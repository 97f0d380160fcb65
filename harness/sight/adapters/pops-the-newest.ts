// Planted bug: jobs are pushed at the end at which they are popped, so the newest comes first.

import { plant } from '../plant.ts';

export default plant('pops-the-newest', [
  'enqueue',
  "redis.call('LPUSH', prefix .. 'queued', id)",
  "redis.call('RPUSH', prefix .. 'queued', id)",
]);
