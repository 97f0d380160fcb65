// The side of `reliable-list` that enqueues and reads.

import { openProducer } from '../producer.ts';
import type { JobRecord, Producer, QueueSettings } from '../queue.ts';
import { decodeChanges, decodeCounts } from '../record.ts';
import { runScript } from '../script.ts';
import type { PreparedScripts } from './scripts.ts';

export function producer(settings: QueueSettings, scripts: PreparedScripts): Producer {
  const { prefix } = settings;
  const { redis, ...shared } = openProducer(settings, scripts.enqueue);
  return {
    ...shared,
    counts: async () => decodeCounts(await runScript(redis, scripts.counts, prefix, [])),
    async deadLetters(limit) {
      if (limit < 1) return [];
      const ids = await redis.zrange(`${prefix}dead`, '0', String(limit - 1));
      const records = await Promise.all(ids.map((id) => shared.get(id)));
      // One may have been redriven between the two reads.
      return records.filter((record): record is JobRecord => record?.state === 'dead');
    },
    async redrive(id) {
      return decodeChanges(await runScript(redis, scripts.redrive, prefix, [id]))[0] ?? null;
    },
  };
}
