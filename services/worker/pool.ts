// Runs submissions on sandbox threads, at most `concurrency` at a time, the others wait in order. Threads start when
// they are first needed; one that died is replaced at once, so that the next submission does not wait for its start.

import type { Judgement, Submission } from '../shared/contract.ts';
import type { SandboxLimits } from '../shared/judge/limits.ts';
import { startThread, type Thread } from './thread.ts';

export interface Pool {
  /**
   * Every program ends in a judgement; rejects only if the pool was closed, or no thread could be started.
   * @param onStart called when the program really is about to run
   */
  run(submission: Submission, onStart?: () => void): Promise<Judgement>;
  /** Starts this many threads ahead of need, at most `concurrency`; resolves when they can run, or died trying. */
  warm(count: number): Promise<void>;
  /** Ends all threads, in the middle of a run too. */
  close(): Promise<void>;
}

export function openPool(concurrency: number, limits: SandboxLimits): Pool {
  const threads = new Set<Thread>();
  const idle: Thread[] = [];
  const waiting: PromiseWithResolvers<Thread>[] = [];
  let closed = false;

  const start = (): Thread => {
    const thread = startThread(limits);
    threads.add(thread);
    return thread;
  };

  const take = async (): Promise<Thread> => {
    if (closed) throw new Error('the pool is closed');
    for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
      if (thread.alive()) return thread;
      threads.delete(thread);
    }
    if (threads.size < concurrency) return start();
    const turn = Promise.withResolvers<Thread>();
    waiting.push(turn);
    return turn.promise;
  };

  const giveBack = (thread: Thread) => {
    if (!thread.alive()) threads.delete(thread);
    if (closed) return;
    const next = thread.alive() ? thread : start();
    const turn = waiting.shift();
    if (turn) turn.resolve(next);
    else idle.push(next);
  };

  return {
    async run(submission, onStart = () => {}) {
      const thread = await take();
      try {
        await thread.ready();
        onStart();
        return await thread.run(submission);
      } finally {
        giveBack(thread);
      }
    },
    async warm(count) {
      const begun: Thread[] = [];
      while (threads.size < Math.min(count, concurrency) && !closed) begun.push(start());
      idle.push(...begun);
      await Promise.allSettled(begun.map((thread) => thread.ready()));
    },
    async close() {
      closed = true;
      for (const turn of waiting.splice(0)) turn.reject(new Error('the pool is closed'));
      await Promise.all([...threads].map((thread) => thread.terminate()));
      threads.clear();
    },
  };
}
