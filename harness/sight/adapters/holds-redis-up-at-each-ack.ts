// Planted bug: the ack's script is busy for some tens of ms, in which Redis serves nobody: a part of each job that only one
// worker at a time can do, so that more workers soon do no more.

import { plant } from '../plant.ts';

export default plant('holds-redis-up-at-each-ack', [
  'ack',
  'local at = text(now())',
  'for _ = 1, 4e6 do end\nlocal at = text(now())',
]);
