// Planted bug: the heartbeat of a stream looks at the entries and leaves their idle time as it is, so jobs that take longer than a
// lease are taken from healthy workers.

import { plantIntoStream } from '../plant.ts';

export default plantIntoStream('stream-renews-nothing', ['heartbeat', 'redis.call(unpack(command))', 'some']);
