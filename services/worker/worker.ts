// The worker's loops: claim as many jobs as there are free slots, keep their leases, reap what others dropped. It lasts
// through any outage of Redis. It starts nothing until `startWorker` and handles no signals.

import type { Log } from '../shared/log.ts';
import { queueName } from '../shared/metrics.ts';
import type { Claim, Consumer } from '../shared/queue/queue.ts';
import { tombstone } from '../shared/telemetry/tracing.ts';
import { type JobTools, processClaim } from './job.ts';
import { pause } from './retry.ts';

export interface WorkerSettings {
  concurrency: number;
  heartbeatEveryMs: number;
  /** At the latest; sooner when a lease ends before. */
  reapEveryMs: number;
  drainGraceMs: number;
}

export interface RunningWorker {
  /** Claims no more, finishes what is in hand, gives back what the grace does not suffice for, and closes. */
  drain(): Promise<void>;
}

const backOffMs = 50;
/** Between two reaps, however soon a lease ends. */
const reapAtMostEveryMs = 10;
/** For giving back and closing, once the grace of a drain is over. */
const lastWordsMs = 1500;

export function startWorker(tools: JobTools, settings: WorkerSettings): RunningWorker {
  const { consumer, log, metrics, pool } = tools;
  const draining = new AbortController();
  const giveUp = new AbortController();
  const stopped = new AbortController();
  const inHand = new Set<Promise<void>>();
  const outage = outageLog(log);

  let change = Promise.withResolvers<void>();
  const changed = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const take = (claim: Claim) => {
    const job = processClaim(claim, tools, giveUp.signal).finally(() => {
      inHand.delete(job);
      metrics.slotsBusy.set(inHand.size);
      changed();
    });
    inHand.add(job);
    metrics.slotsBusy.set(inHand.size);
  };

  const claiming = async () => {
    while (!draining.signal.aborted) {
      const freeSlots = settings.concurrency - inHand.size;
      if (freeSlots === 0) {
        await change.promise;
        continue;
      }
      try {
        for (const claim of await consumer.claim(freeSlots, draining.signal)) take(claim);
        outage.answered();
      } catch (error) {
        outage.failed('claim', error as Error);
        await pause(backOffMs, draining.signal);
      }
    }
  };

  const loops = [
    claiming(),
    turns(stopped.signal, outage, async () => {
      await heartbeat(consumer, tools);
      return settings.heartbeatEveryMs;
    }),
    turns(draining.signal, outage, async () => Math.min(settings.reapEveryMs, await reap(tools))),
  ];

  return {
    async drain() {
      log.info({ inHand: inHand.size }, 'draining');
      draining.abort();
      changed();
      const finished = loops[0]!.then(() => settled(inHand));
      await Promise.race([finished, pause(settings.drainGraceMs)]);
      giveUp.abort();
      // Whatever still runs ends here, and its job gives itself back.
      await pool.close();
      const closed = settled(inHand).then(() => {
        stopped.abort();
        return consumer.close();
      });
      await Promise.race([closed, pause(lastWordsMs)]);
      stopped.abort();
    },
  };
}

async function heartbeat(consumer: Consumer, { log, metrics }: JobTools): Promise<void> {
  // The run goes on: whether its ack still counts is the fence's decision, not ours.
  for (const { id: job, fence } of await consumer.heartbeat()) {
    metrics.lostClaims.inc();
    log.warn({ job, fence }, 'claim lost: another worker may have it');
  }
}

/** In how many ms a lease ends: the next reap should come no later. */
async function reap({ consumer, ledger, log, metrics, publish }: JobTools): Promise<number> {
  for (const reaped of await consumer.reap()) {
    const { id: job, state, version, attempts: attempt } = reaped;
    ledger({ event: 'reaped', job, attempt });
    if (state === 'dead') metrics.deadLetters.inc();
    else metrics.redeliveries.inc({ queue: queueName, reason: 'lease_expired' });
    log.warn({ job, attempt, state }, state === 'dead' ? 'job dead-lettered' : 'job taken from its owner');
    tombstone(reaped, () => publish({ id: job, state, version, attempts: attempt }));
  }
  const leaseEndsInMs = consumer.leaseEndsInMs?.() ?? Number.POSITIVE_INFINITY;
  return Math.max(reapAtMostEveryMs, leaseEndsInMs + 1);
}

/** Turn after turn, with the pause between them, in ms, that each asks for. */
async function turns(signal: AbortSignal, outage: Outage, turn: () => Promise<number>): Promise<void> {
  // At once, too: the first worker after a crash should not leave what it finds for another turn.
  while (!signal.aborted) {
    const ms = await turn().catch((error: Error) => {
      outage.failed('renewal or reap', error);
      return backOffMs;
    });
    await pause(ms, signal);
  }
}

interface Outage {
  failed(what: string, error: Error): void;
  answered(): void;
}

/** One line when Redis goes and one when it is back, not one for each try, and none for the moment of connecting. */
function outageLog(log: Log): Outage {
  let sinceMs: number | undefined;
  let told = false;
  return {
    failed(what, error) {
      sinceMs ??= performance.now();
      const tell = !told && performance.now() - sinceMs > 200;
      log[tell ? 'warn' : 'debug']({ what, error: error.message }, 'Redis does not answer');
      told ||= tell;
    },
    answered() {
      if (told) log.info('Redis answers again');
      sinceMs = undefined;
      told = false;
    },
  };
}

async function settled(jobs: Set<Promise<void>>): Promise<void> {
  while (jobs.size > 0) await Promise.all(jobs);
}
