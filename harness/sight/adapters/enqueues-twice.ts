// Planted bug: every job is written a second time, under another id, as by a client that resends without a key.

import { plant } from '../plant.ts';

export default plant('enqueues-twice', [
  'enqueue',
  "return { 'accepted', at }",
  `local again = string.reverse(id)
  redis.call('HSET', job(again), 'payload', payload, 'state', 'queued', 'version', 1, 'fence', 0, 'attempts', 0,
    'enqueuedAtMs', at)
  redis.call('LPUSH', prefix .. 'queued', again)
  return { 'accepted', at }`,
]);
