// The checker over histories of 1,000 to 1,000,000 ops: the accounting, every rule of queue claims, and the order.
// The histories are made up, with all that the rules must work through: redeliveries, stale acks, dead letters, refusals,
// unclear submissions, losses and kills.

import { summarize } from '../harness/checker/accounting.ts';
import { rules } from '../harness/checker/finding.ts';
import { fifo } from '../harness/checker/order-rules.ts';
import {
  accountOf,
  allDone,
  lossShows,
  neverTwice,
  noRedelivery,
  nothingLost,
  oneResultEach,
  redeliveredWithin,
  rightVerdicts,
} from '../harness/checker/queue-rules.ts';
import type { History } from '../harness/history.ts';
import type { Event, Op } from '../harness/op.ts';
import type { LedgerLine } from '../services/shared/contract.ts';
import type { Bench, Row } from './bench.ts';

const sizes = [1_000, 10_000, 100_000, 1_000_000];
const reference = 100_000;
/** A submission and a final read a job. */
const opsPerJob = 2;

const allRules = rules(
  nothingLost,
  allDone,
  oneResultEach,
  rightVerdicts,
  neverTwice,
  noRedelivery,
  lossShows(2),
  redeliveredWithin(1500),
  fifo('claimed'),
  fifo('acked'),
);

export const checker: Bench = {
  name: 'checker',
  what: 'accounting, all queue rules and fifo over one history',
  run: () => {
    judge(madeUp(10_000)); // so that the first row does not measure the compiler
    const measured = sizes.map((ops) => {
      const history = madeUp(ops);
      const repeats = Math.max(3, Math.min(20, 100_000 / ops));
      // A fresh object each time: the accounting is kept by the history. The least disturbed one counts.
      const times = Array.from({ length: repeats }, () => judge({ ...history }));
      const ms = Math.min(...times);
      const heapMb = process.memoryUsage().heapUsed / 2 ** 20;
      return { ops, ms, nsPerOp: (ms * 1e6) / ops, heapMb };
    });
    const { nsPerOp: base } = measured.find(({ ops }) => ops === reference)!;
    return measured.map(
      ({ ops, ms, nsPerOp, heapMb }): Row => ({
        ops,
        ms: round(ms),
        nsPerOp: Math.round(nsPerOp),
        ratioTo100k: round(nsPerOp / base),
        heapMb: Math.round(heapMb),
      }),
    );
  },
};

/** How long it takes to judge a history; that it is judged rightly is the tests' business, that it is judged is asserted. */
function judge(history: History): number {
  const began = performance.now();
  const { violations } = allRules(history);
  const tookMs = performance.now() - began;
  const { lost, doneOnce } = summarize(accountOf(history));
  if (violations.length === 0 || !lost || !doneOnce)
    throw new Error(`the bench history was not judged: ${JSON.stringify(summarize(accountOf(history)))}`);
  return tookMs;
}

function madeUp(ops: number): History {
  const events: Event[] = [{ type: 'phase', atMs: 0, phase: 'load', step: 'begin' }];
  const ledger: LedgerLine[] = [];
  const jobs = ops / opsPerJob;
  const reads: Op[] = [];
  for (let index = 0; index < jobs; index++) {
    const id = `job-${index.toString(36).padStart(22, '0')}`;
    const process = index % 64;
    const atMs = 1 + index * 4;
    const op = (kind: Op['kind'], at: number, f = 'submit', value: unknown = { id, batch: 'load' }): Op => ({
      type: 'op',
      atMs: at,
      process,
      kind,
      f,
      value,
    });
    const refused = index % 50 === 7;
    const unclear = index % 50 === 8;
    events.push(op('invoke', atMs), op(refused ? 'fail' : unclear ? 'info' : 'ok', atMs + 3));
    const state = refused ? undefined : runJob(ledger, events, id, index, atMs);
    const record = state === undefined ? null : { state, verdict: 'AC' };
    reads.push(op('invoke', 1e9 + index, 'read', { id }), op('ok', 1e9 + index, 'read', { id, record }));
  }
  for (const read of reads) events.push(read);
  ledger.sort((a, b) => a.atMs - b.atMs);
  return { events, ledger };
}

/** What the workers' ledgers and the nemesis say of a job; its final state. */
function runJob(ledger: LedgerLine[], events: Event[], job: string, index: number, atMs: number): string {
  const line = (event: LedgerLine['event'], at: number, worker: number, outcome?: LedgerLine['outcome']) => {
    const base = { atMs: at, source: `worker-${worker}`, pid: worker, event, job, fence: 1, attempt: 1 };
    ledger.push(outcome === undefined ? base : { ...base, outcome });
  };
  const worker = index % 8;
  line('enqueue', atMs + 1, 99);
  line('claimed', atMs + 3.5, worker);
  line('started', atMs + 4, worker);
  if (index % 1000 === 5) {
    const proof = { inFlight: [{ job }] };
    const base = { type: 'fault', fault: index, kind: 'worker-kill', target: `worker-${worker}` } as const;
    events.push({ ...base, atMs: atMs + 5, step: 'inject', proof, landed: true });
    events.push({ ...base, atMs: atMs + 90, step: 'heal', proof: {} });
  }
  if (index % 20_000 === 2) return 'running'; // lost
  if (index % 20_000 === 3) return 'dead';
  const again = index % 100 === 5;
  if (again) {
    line('claimed', atMs + 1000, worker + 8);
    line('started', atMs + 1001, worker + 8);
    line('acked', atMs + 1200, worker, 'stale');
  }
  line('finished', atMs + (again ? 1100 : 50), worker);
  line('acked', atMs + (again ? 1101 : 51), worker, 'acked');
  return 'done';
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
