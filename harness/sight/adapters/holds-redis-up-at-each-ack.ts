// Planted bug: the ack's script is busy for 25 ms, in which Redis serves nobody: a part of each job that only one worker at a
// time can do, so that more workers soon do no more. By the clock, so that a slow machine only makes it busy as long.

import { plant } from '../plant.ts';

export default plant('holds-redis-up-at-each-ack', [
  'ack',
  'local at = text(now())',
  'local until_ms = now() + 25\nwhile now() < until_ms do end\nlocal at = text(now())',
]);
