// Writes histories for tests, by hand: a line an op. Not production code.
//
//   const h = written();
//   h.job('a', 10);                      // submitted, acknowledged, claimed, started, finished, acked, read as done
//   h.submit('b', 20, 'ok', 25);         // an op: sent at 20, accepted at 25
//   h.ledger('b', 'claimed', 30, 'w1');
//   h.read('b', { state: 'running' });
//   rule(h.history())

import type { LedgerLine } from '../../../services/shared/contract.ts';
import type { History } from '../../history.ts';
import type { Event, Outcome, Phase } from '../../op.ts';

export interface SubmitOptions {
  batch?: string;
  value?: Record<string, unknown>;
  error?: string;
}

export interface FaultOptions {
  landed?: boolean;
  healedAtMs?: number;
  healProof?: Record<string, unknown>;
}

export interface WrittenHistory {
  /** An op with both its ends; without an outcome it is never completed. */
  op(
    f: string,
    atMs: number,
    sent: unknown,
    outcome?: Outcome,
    doneAtMs?: number,
    value?: unknown,
    error?: string,
  ): void;
  submit(id: string, atMs: number, outcome?: Outcome, doneAtMs?: number, options?: SubmitOptions): void;
  /** What the final read showed; null: the API knows of none. */
  read(id: string, record: { state: string; verdict?: string; attempts?: number } | null): void;
  /** A final read that failed. */
  unread(id: string): void;
  ledger(
    job: string,
    event: LedgerLine['event'],
    atMs: number,
    source?: string,
    more?: Partial<LedgerLine>,
  ): void;
  /** The lines of a worker that carries a job to its end, and the client's ops around them: 10 ms in all. */
  job(id: string, atMs: number, options?: { worker?: string; batch?: string; verdict?: string }): void;
  observe(process: number, f: string, atMs: number, value?: unknown): void;
  fault(
    kind: string,
    target: string,
    atMs: number,
    proof: Record<string, unknown>,
    options?: FaultOptions,
  ): void;
  phase(phase: Phase, step: 'begin' | 'end', atMs: number, value?: unknown): void;
  /** Events in the order in which they were written, the ledger by time. */
  history(): History;
}

const readAtMs = 10_000;

export function written(): WrittenHistory {
  const events: Event[] = [];
  const ledger: LedgerLine[] = [];
  let processes = 0;
  let faults = 0;

  const op: WrittenHistory['op'] = (f, atMs, sent, outcome, doneAtMs = atMs + 1, value = sent, error) => {
    const process = processes++;
    events.push({ type: 'op', atMs, process, kind: 'invoke', f, value: sent });
    if (outcome === undefined) return;
    const done: Event = { type: 'op', atMs: doneAtMs, process, kind: outcome, f, value };
    events.push(error === undefined ? done : { ...done, error });
  };
  const submit: WrittenHistory['submit'] = (
    id,
    atMs,
    outcome,
    doneAtMs,
    { batch = 'load', value, error } = {},
  ) => op('submit', atMs, { id, batch }, outcome, doneAtMs, { id, ...value }, error);
  const read: WrittenHistory['read'] = (id, record) =>
    op('read', readAtMs, { id }, 'ok', readAtMs + 1, { id, record });
  const line: WrittenHistory['ledger'] = (job, event, atMs, source = 'worker-1', more = {}) => {
    ledger.push({ atMs, source, pid: 1, event, job, ...more });
  };

  return {
    op,
    submit,
    read,
    unread: (id) => op('read', readAtMs, { id }, 'fail', readAtMs + 1, { id }, 'http-503'),
    ledger: line,
    job: (id, atMs, { worker = 'worker-1', batch = 'load', verdict = 'AC' } = {}) => {
      submit(id, atMs, 'ok', atMs + 2, { batch });
      line(id, 'enqueue', atMs + 1, 'api-1');
      line(id, 'claimed', atMs + 3, worker, { attempt: 1 });
      line(id, 'started', atMs + 4, worker, { attempt: 1 });
      line(id, 'finished', atMs + 8, worker, { attempt: 1 });
      line(id, 'acked', atMs + 10, worker, { attempt: 1, outcome: 'acked' });
      read(id, { state: 'done', verdict });
    },
    observe: (process, f, atMs, value = {}) => events.push({ type: 'observation', atMs, process, f, value }),
    fault: (kind, target, atMs, proof, { landed = true, healedAtMs, healProof = {} } = {}) => {
      const fault = faults++;
      events.push({ type: 'fault', atMs, fault, step: 'inject', kind, target, proof, landed });
      if (healedAtMs === undefined) return;
      events.push({ type: 'fault', atMs: healedAtMs, fault, step: 'heal', kind, target, proof: healProof });
    },
    phase: (phase, step, atMs, value) => events.push({ type: 'phase', atMs, phase, step, value }),
    history: () => ({ events, ledger: ledger.toSorted((a, b) => a.atMs - b.atMs) }),
  };
}

/** The history in which nothing happened. */
export const empty: History = { events: [], ledger: [] };

/** Jobs a and b, each done by a worker of its own. */
export function two() {
  const h = written();
  h.job('a', 10);
  h.job('b', 20, { worker: 'worker-2' });
  return h;
}
