// A control for claims about pulling: the queue that pushes. Each job is dealt to a worker when it is enqueued, in turn,
// whatever that worker has to do already, and waits for this one worker. Each worker's own queue is a `reliable-list`.
//
// Keys, all behind the prefix: `pushed-to` (set of workers), `dealt` (hash: job → worker), `<worker>:…` (its queue).
// What it does not do: deal out again what a dead worker was dealt. It is made for one API process and workers that live.

import { closeRedis, openCommands } from '../../services/shared/queue/connection.ts';
import type { Consumer, Producer, QueueAdapter, QueueSettings } from '../../services/shared/queue/queue.ts';
import reliableList from '../../services/shared/queue/reliable-list.ts';

export default {
  name: 'push-round-robin',
  contract: 'effectively-once',
  producer,
  consumer,
} satisfies QueueAdapter;

function producer(settings: QueueSettings): Producer {
  const { prefix } = settings;
  const redis = openCommands(settings.redis);
  const queues = new Map<string, Producer>();
  let turn = 0;

  const queueOf = (worker: string): Producer => {
    const queue = queues.get(worker) ?? reliableList.producer(ownQueue(settings, worker));
    queues.set(worker, queue);
    return queue;
  };
  const workers = async () => (await redis.smembers(`${prefix}pushed-to`)).sort();
  const all = async () => (await workers()).map(queueOf);
  const dealtTo = async (id: string): Promise<Producer | null> => {
    const worker = await redis.hget(`${prefix}dealt`, id);
    return worker === null ? null : queueOf(worker);
  };
  const deal = async (id: string): Promise<Producer> => {
    const among = await workers();
    if (among.length === 0) throw new Error('there is no worker to push to');
    await redis.hsetnx(`${prefix}dealt`, id, among[turn++ % among.length]!);
    return (await dealtTo(id))!;
  };

  return {
    enqueue: async (job) => ((await dealtTo(job.id)) ?? (await deal(job.id))).enqueue(job),
    get: async (id) => (await dealtTo(id))?.get(id) ?? null,
    counts: async () => {
      const counts = { queued: 0, running: 0, done: 0, dead: 0 };
      for (const own of await Promise.all((await all()).map((queue) => queue.counts()))) {
        for (const state of ['queued', 'running', 'done', 'dead'] as const) counts[state] += own[state];
      }
      return counts;
    },
    deadLetters: async (limit) => {
      const each = await Promise.all((await all()).map((queue) => queue.deadLetters(limit)));
      return each.flat().slice(0, limit);
    },
    redrive: async (id) => (await dealtTo(id))?.redrive(id) ?? null,
    ping: async () => {
      await redis.ping();
    },
    close: async () => {
      await Promise.all([...[...queues.values()].map((queue) => queue.close()), closeRedis(redis)]);
    },
  };
}

function consumer(settings: QueueSettings, worker: string): Consumer {
  const own = reliableList.consumer(ownQueue(settings, worker), worker);
  const redis = openCommands(settings.redis);
  let known = false;
  return {
    ...own,
    async claim(max, signal) {
      if (!known) await redis.sadd(`${settings.prefix}pushed-to`, worker);
      known = true;
      return own.claim(max, signal);
    },
    close: async () => {
      await Promise.all([own.close(), closeRedis(redis)]);
    },
  };
}

function ownQueue(settings: QueueSettings, worker: string): QueueSettings {
  return { ...settings, prefix: `${settings.prefix}${worker}:` };
}
