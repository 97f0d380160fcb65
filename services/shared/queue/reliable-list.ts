// `reliable-list`: a job is moved, not popped, to its worker's own list; a lease says how long it may stay there, a
// fence decides whose result counts. Nothing is lost when a worker or Redis dies, and one result is recorded a job.
//
// Keys, all behind the prefix: `job:<id>` (hash), `queued`, `processing:<worker>` (lists), `leases`, `workers`, `dead`
// (sorted sets by Redis' time in ms), `done` (counter), `run-id`, `grace`. No key contains anything of a user's.

import { queueProducer } from './producer.ts';
import type { QueueAdapter } from './queue.ts';
import { consumer } from './reliable-list/consumer.ts';
import { type Scripts, scripts } from './reliable-list/scripts.ts';
import { prepareScripts } from './script.ts';

/** The adapter, or a variant of it in which some scripts are replaced: how tests plant bugs. */
export function reliableList(overrides: Partial<Scripts> = {}, name = 'reliable-list'): QueueAdapter {
  const prepared = prepareScripts<keyof Scripts>({ ...scripts, ...overrides });
  return {
    name,
    contract: 'effectively-once',
    producer: (settings) => queueProducer(settings, prepared),
    consumer: (settings, worker, onAlert) => consumer(settings, worker, prepared, onAlert),
  };
}

export default reliableList();
