// Planted bug: a queue in which only the fence says whose a job is, and which raises it at the first claim alone, not
// at the reap. A zombie's late ack is then as good as its successor's.

import { plant } from '../plant.ts';

export default plant(
  'reaps-without-raising-the-fence',
  ['reap', "redis.call('HINCRBY', job(id), 'fence', 1)", ''],
  [
    'adopt',
    "redis.call('HINCRBY', job(id), 'fence', 1)",
    "if fence == '0' then redis.call('HINCRBY', job(id), 'fence', 1) end",
  ],
  ['ack', "(state == 'running' and jobFence == fence and owner == worker)", '(jobFence == fence)'],
);
