// Planted bug: a queue in which only the fence says whose a job is, and which raises it at the first claim alone, not
// at the reap. A zombie's late ack is then as good as its successor's.

import { plant } from '../plant.ts';

export default plant(
  'reaps-without-raising-the-fence',
  ['reap', "redis.call('HINCRBY', job(id), 'fence', 1)", ''],
  ['adopt', 'text(fence + 1), text(attempts + 1)', "(fence == '0' and '1' or fence), text(attempts + 1)"],
  ['ack', "(state == 'running' and jobFence == fence and owner == worker)", '(jobFence == fence)'],
);
