// Planted bug: the reap of a stream acks and deletes the entry that it should give to nobody, so the job is never claimed again.

import { plantIntoStream } from '../plant.ts';

export default plantIntoStream('stream-lets-go-of-the-entry', [
  'reap',
  "redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')",
  'finish({ entry })',
]);
