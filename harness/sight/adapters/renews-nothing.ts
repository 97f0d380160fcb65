// Planted bug: the heartbeat renews no lease, so jobs that take longer than one are taken from healthy workers.

import { plant } from '../plant.ts';

export default plant('renews-nothing', [
  'heartbeat',
  "redis.call('ZADD', prefix .. 'leases', at + leaseMs, id)",
  '',
]);
