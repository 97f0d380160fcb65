// Planted bug: a job is popped, and put into the worker's own list once the reply of the pop is there. Between the two it
// is nowhere; when the reply is lost, it stays there.

import { closeRedis, openBlockingReader, openCommands } from '../../../services/shared/queue/connection.ts';
import type { Claim, QueueAdapter } from '../../../services/shared/queue/queue.ts';
import reliableList from '../../../services/shared/queue/reliable-list.ts';

export default {
  ...reliableList,
  name: 'trusts-the-reply-of-the-pop',
  consumer: (settings, worker) => {
    const { prefix } = settings;
    const commands = openCommands(settings.redis);
    const reader = openBlockingReader(settings.redis, commands);
    // Without a blocking pop of its own: it takes what lies in the worker's own list.
    const consumer = reliableList.consumer({ ...settings, pollEveryMs: 1 }, worker);
    // Something may lie in the own list whose claim was not heard of. That is found again: it is not the bug.
    let lookFirst = false;
    const lookInOwn = async (max: number, signal: AbortSignal): Promise<Claim[]> => {
      lookFirst = true;
      const claims = await consumer.claim(max, signal);
      lookFirst = false;
      return claims;
    };
    return {
      ...consumer,
      claim: async (max, signal) => {
        if (lookFirst) return lookInOwn(max, signal);
        const pop = await reader.wait((blocking, s) => blocking.brpop(`${prefix}queued`, s), signal);
        if (pop === null) return [];
        const [, id] = pop as [string, string];
        lookFirst = true;
        await commands.lpush(`${prefix}processing:${worker}`, id);
        return lookInOwn(max, signal);
      },
      close: async () => {
        await Promise.all([reader.close(), closeRedis(commands), consumer.close()]);
      },
    };
  },
} satisfies QueueAdapter;
