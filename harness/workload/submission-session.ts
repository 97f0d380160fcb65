// What all workloads of submissions share: sending a batch, waiting until it is settled, reading everything back.

import type { Steady, WorkloadArena } from '../claim.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { type Resend, sendUntilTold } from './resend.ts';
import { type Answer, finalRead, look, type SeenRecord, submit } from './submission-client.ts';
import type { PlannedJob } from './submission-plan.ts';

export interface SendingOptions {
  /** One after the other, each sent when the one before was answered, instead of by the schedule. */
  inTurn?: boolean;
  /** How long a client waits for the answer to a submission. @default 5000 */
  patienceMs?: number;
  /** How a client sends again what was not accepted; without it, it does not. */
  resend?: Resend | undefined;
  /** Sends no more once this fires. */
  until?: AbortSignal;
  /** Called right before a job is sent. */
  before?: (job: PlannedJob) => void;
}

/** `final`: all are. `quiet`: nothing happens any more, yet some are not. `busy`: the deadline came first. */
export type Settled = 'final' | 'quiet' | 'busy';

export interface SubmissionSession {
  http: HttpClient;
  /** Sends a batch by its schedule; resolves when every op is completed. */
  send(arena: WorkloadArena, jobs: readonly PlannedJob[], options?: SendingOptions): Promise<void>;
  /** Waits until every submission that may have been accepted is final, or nothing waits and nothing moves any more. */
  settle(arena: WorkloadArena, deadlineMs?: number): Promise<Settled>;
  /** Makes `settle` wait for this submission again. */
  reopen(id: string): void;
  /** Sends and settles a batch in which everything must pass. */
  steady(arena: WorkloadArena, jobs: readonly PlannedJob[], options?: SendingOptions): Promise<Steady>;
  look(arena: WorkloadArena, id: string): Promise<SeenRecord | null>;
  /** Reads back everything that was sent. */
  readAll(arena: WorkloadArena): Promise<void>;
  /** The API instance whose turn it is. */
  url(arena: WorkloadArena): string;
  close(): Promise<void>;
}

const steadyDeadlineMs = 20_000;
const quiesceDeadlineMs = 40_000;
/** Reads under way at a time in the final reads. */
const readersCount = 16;

export function submissionSession(): SubmissionSession {
  const http = createHttpClient();
  const sentIds = new Set<string>();
  let longestMs = 0;
  const open = new Set<string>();
  const accepted = new Set<string>();
  let balancer: Balancer | undefined;
  const url = ({ target }: WorkloadArena): string => {
    balancer ??= createBalancer(http, target.apiUrls);
    return balancer.next();
  };

  const send: SubmissionSession['send'] = async (
    arena,
    jobs,
    { inTurn = false, patienceMs, resend, before, until } = {},
  ) => {
    const { history, signal } = arena;
    const began = history.now();
    const sendOnce = async (job: PlannedJob): Promise<Answer> => {
      sentIds.add(job.id);
      const answer = await submit(http, history, () => url(arena), job, patienceMs);
      if (answer.outcome !== 'fail') open.add(job.id);
      if (answer.outcome === 'ok') accepted.add(job.id);
      return answer;
    };
    const sent: Promise<unknown>[] = [];
    for (const job of jobs) {
      if (!inTurn) await sleepUntil(began + job.atMs, history.now, signal);
      signal.throwIfAborted();
      if (until?.aborted) break;
      before?.(job);
      longestMs = Math.max(longestMs, job.jobMs);
      const done = resend === undefined ? sendOnce(job) : sendUntilTold(job, resend, sendOnce, signal);
      if (inTurn) await done;
      sent.push(done);
    }
    await Promise.all(sent);
  };

  const settle: SubmissionSession['settle'] = async (arena, deadlineMs = quiesceDeadlineMs) => {
    const { target, history, signal } = arena;
    // A job of a dead worker comes back a lease and a reap after the last heartbeat; one that runs says nothing meanwhile.
    // With a short lease, still long enough for a machine that has other things to do.
    const quietMs = Math.max(1.5 * target.leaseMs, 1500) + longestMs + 200;
    let length = target.ledgerLength();
    let changedAtMs = history.now();
    const round = async (): Promise<Settled | undefined> => {
      // The first that is not final is enough to know that not all are.
      for (const id of [...open]) {
        const record = await look(http, () => url(arena), id).catch(() => undefined);
        if (record?.state !== 'done' && record?.state !== 'dead') break;
        open.delete(id);
      }
      if (open.size === 0) return 'final';
      const now = target.ledgerLength();
      if (now !== length) changedAtMs = history.now();
      length = now;
      if (history.now() - changedAtMs <= quietMs) return undefined;
      return (await target.counts()).queued === 0 ? 'quiet' : undefined;
    };
    const until = history.now() + deadlineMs;
    const bounded = async () => (await round()) ?? (history.now() > until ? 'busy' : undefined);
    return waitUntil(bounded, {
      what: 'the submissions',
      deadlineMs: deadlineMs + 60_000,
      everyMs: 50,
      signal,
    });
  };

  return {
    http,
    url,
    send,
    settle,
    reopen: (id) => open.add(id),
    steady: async (arena, jobs, options) => {
      await send(arena, jobs, options);
      const settled = await settle(arena, steadyDeadlineMs);
      const refused = jobs.filter(({ id }) => !accepted.has(id)).length;
      if (refused > 0)
        return { passed: false, why: `${refused} of ${jobs.length} submissions were not accepted` };
      if (settled === 'final') return { passed: true };
      return { passed: false, why: `${open.size} of ${jobs.length} submissions were never judged` };
    },
    look: (arena, id) => look(http, () => url(arena), id),
    readAll: async (arena) => {
      const ids = [...sentIds];
      const reader = async (): Promise<void> => {
        for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
          await finalRead(http, arena.history, () => url(arena), id);
        }
      };
      await Promise.all(Array.from({ length: readersCount }, reader));
    },
    close: async () => {
      await balancer?.stop();
      http.close();
    },
  };
}
