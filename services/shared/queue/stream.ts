// `stream`: a consumer group on a stream. An entry is pending for its worker from the claim to the finish; how long it
// was idle is the lease, a fence in the job's record decides whose result counts. Claims and results go in batches.
//
// Keys, all behind the prefix: `job:<id>` (hash), `stream`, `bell` (streams), `dead` (sorted set by Redis' time in ms),
// `done` (counter), `run-id`, `grace`. The consumer named `-` is nobody: what was taken from a worker waits there.
//
// Why not XREADGROUP, XACK and XAUTOCLAIM alone: XACK does not ask whose the entry is, and a delivery counter is no
// fence (it is raised by reads of the history, and not kept). And never trim this stream: XAUTOCLAIM would drop the
// pending entries that were trimmed; here they are alerts.

import { queueProducer } from './producer.ts';
import type { QueueAdapter } from './queue.ts';
import { prepareScripts } from './script.ts';
import { consumer } from './stream/consumer.ts';
import { type Scripts, scripts } from './stream/scripts.ts';

/** The adapter, or a variant of it in which some scripts are replaced: how tests plant bugs. */
export function stream(overrides: Partial<Scripts> = {}, name = 'stream'): QueueAdapter {
  const prepared = prepareScripts<keyof Scripts>({ ...scripts, ...overrides });
  return {
    name,
    contract: 'effectively-once',
    producer: (settings) => queueProducer(settings, prepared),
    consumer: (settings, worker, onAlert) => consumer(settings, worker, prepared, onAlert),
  };
}

export default stream();
