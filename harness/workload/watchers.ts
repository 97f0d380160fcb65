// Browsers: each submits some jobs and watches them over the subscriber's WebSocket. When the connection is lost it
// connects again and asks anew for what is not final yet. Observations: `watch`, `status` (process: the browser's number).

import { WebSocket } from 'ws';
import { serverMessageSchema } from '../../services/shared/contract.ts';
import type { Workload, WorkloadArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { waitUntil } from '../wait.ts';
import { type Arrivals, type PlannedJob, planJobs } from './submission-plan.ts';
import { submissionSession } from './submission-session.ts';

export interface WatchersOptions extends Arrivals {
  browsers: number;
}

interface Browser {
  connected(): boolean;
  watch(id: string): void;
  /** Watched submissions whose final status it has not seen. */
  ignorant(): number;
  close(): void;
}

const reconnectAfterMs = 60;

export function watchers(random: Random, options: WatchersOptions): Workload {
  const steady = planJobs(random, 'steady', { count: options.browsers, ratePerSecond: 40 });
  const load = planJobs(random, 'load', options);
  const session = submissionSession();
  const browsers: Browser[] = [];
  const owners = new Map<string, Browser>();

  /** A browser makes its submission's id itself, from its key: it watches before the answer is there. */
  const watching = { before: (job: PlannedJob) => owners.get(job.id)?.watch(job.id) };
  const own = (jobs: readonly PlannedJob[]): void => {
    for (const [index, { id }] of jobs.entries()) owners.set(id, browsers[index % browsers.length]!);
  };
  /** Waits until every browser knows how its submissions ended, or until that no longer gets better. */
  const informed = async ({ history, signal }: WorkloadArena): Promise<number> => {
    const ignorant = () => browsers.reduce((sum, browser) => sum + browser.ignorant(), 0);
    let before = ignorant();
    let changedAtMs = history.now();
    const settled = () => {
      const now = ignorant();
      if (now !== before) changedAtMs = history.now();
      before = now;
      return now === 0 || history.now() - changedAtMs > 1500;
    };
    await waitUntil(settled, {
      what: 'the browsers to be informed',
      deadlineMs: 30_000,
      everyMs: 20,
      signal,
    });
    return before;
  };

  return {
    plan: { steady, load, browsers: options.browsers },
    steady: async (arena) => {
      for (let index = 0; index < options.browsers; index++) browsers.push(openBrowser(arena, index));
      // A watch that is asked for only when its job is done already tells nothing of the subscriber.
      await waitUntil(() => browsers.every((browser) => browser.connected()), {
        what: 'the browsers to connect',
        deadlineMs: 10_000,
        everyMs: 20,
        signal: arena.signal,
      });
      own(steady);
      own(load);
      const passed = await session.steady(arena, steady, watching);
      const ignorant = await informed(arena);
      if (!passed.passed || ignorant === 0) return passed;
      return { passed: false, why: `${ignorant} submissions whose end their browser was never told` };
    },
    load: (arena) => session.send(arena, load, watching),
    quiesce: async (arena) => {
      const settled = await session.settle(arena);
      return { settled, ignorant: await informed(arena) };
    },
    finalReads: session.readAll,
    close: async () => {
      for (const browser of browsers) browser.close();
      await session.close();
    },
  };
}

function openBrowser({ history, target }: WorkloadArena, index: number): Browser {
  const open = new Set<string>();
  let socket: WebSocket;
  let connection = 0;
  let closed = false;

  const connected = () => socket.readyState === WebSocket.OPEN;
  const ask = (ids: string[]): void => {
    if (ids.length > 0 && connected()) socket.send(JSON.stringify({ type: 'watch', ids }));
  };
  const connect = (): void => {
    connection++;
    socket = new WebSocket(`${target.subscriberUrl}/submissions`);
    socket.on('error', () => {}); // a close follows
    socket.on('open', () => {
      for (let ids = [...open]; ids.length > 0; ids = ids.slice(100)) ask(ids.slice(0, 100));
    });
    socket.on('message', (data) => {
      const message = serverMessageSchema.parse(JSON.parse(String(data)));
      if (message.type === 'error') history.observe(index, 'error', { detail: message.detail });
      if (message.type !== 'status') return;
      const { id, state, version, judgement } = message.status;
      history.observe(index, 'status', { id, state, version, connection, verdict: judgement?.verdict });
      if (state === 'done' || state === 'dead') open.delete(id);
    });
    socket.on('close', () => {
      if (!closed) setTimeout(connect, reconnectAfterMs).unref();
    });
  };
  connect();

  return {
    connected,
    watch: (id) => {
      history.observe(index, 'watch', { id });
      open.add(id);
      ask([id]);
    },
    ignorant: () => open.size,
    close: () => {
      closed = true;
      socket.terminate();
    },
  };
}
