// Planted bug: an enqueue does not look whether the job is there already, so a repeated one queues it again.

import { plant } from '../plant.ts';

export default plant('forgets-the-key', ['enqueue', 'if known then', 'if false then']);
