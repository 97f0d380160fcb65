// Planted bug: a job that finds the queue empty is pushed twice, and whatever is popped is handed out, done or not. It
// is executed twice, and its result recorded twice.

import { plant } from '../plant.ts';

export default plant(
  'runs-what-is-done',
  [
    'enqueue',
    "redis.call('LPUSH', prefix .. 'queued', id)",
    `redis.call('LPUSH', prefix .. 'queued', id)
    if redis.call('LLEN', prefix .. 'queued') == 1 then redis.call('LPUSH', prefix .. 'queued', id) end`,
  ],
  ['adopt', "if state == 'queued' then", "if state == 'queued' or state == 'done' then"],
);
