// Valid histories of a queue, drawn by fast-check, and mutations of them that each move exactly one job from one category
// to another. Not production code.

import fc from 'fast-check';
import type { LedgerLine } from '../../../services/shared/contract.ts';
import type { History } from '../../history.ts';
import type { Event, Op } from '../../op.ts';
import type { Category } from '../accounting.ts';
import { written } from './history.ts';

const fates = ['done', 'redelivered', 'refused', 'unclearDone', 'unclearGone', 'dead'] as const;
type Fate = (typeof fates)[number];

export const categoryOfFate: Readonly<Record<Fate, Category>> = {
  done: 'doneOnce',
  redelivered: 'doneOnce',
  refused: 'refused',
  unclearDone: 'indeterminate',
  unclearGone: 'indeterminate',
  dead: 'deadLettered',
};

export interface Drawn {
  fates: Fate[];
  history: History;
}

/** `job-0` is always done and `job-1` always refused, so that every mutation has its victim. */
export const validHistory: fc.Arbitrary<Drawn> = fc
  .record({
    rest: fc.array(fc.constantFrom(...fates), { maxLength: 10 }),
    gapMs: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ rest, gapMs }) => {
    const all: Fate[] = ['done', 'refused', ...rest];
    const h = written();
    for (const [index, fate] of all.entries()) tell[fate](h, `job-${index}`, index * gapMs);
    return { fates: all, history: h.history() };
  });

const tell: Record<Fate, (h: ReturnType<typeof written>, id: string, atMs: number) => void> = {
  done: (h, id, atMs) => h.job(id, atMs),
  redelivered: (h, id, atMs) => {
    h.ledger(id, 'claimed', atMs + 2.5, 'worker-0', { attempt: 1 });
    h.ledger(id, 'started', atMs + 2.6, 'worker-0', { attempt: 1 });
    h.job(id, atMs);
    h.ledger(id, 'acked', atMs + 20, 'worker-0', { outcome: 'stale' });
  },
  refused: (h, id, atMs) => {
    h.submit(id, atMs, 'fail', atMs + 1, { error: 'http-429' });
    h.read(id, null);
  },
  unclearDone: (h, id, atMs) => {
    h.submit(id, atMs, 'info', atMs + 1, { error: 'ETIMEDOUT' });
    run(h.ledger, id, atMs);
    h.read(id, { state: 'done', verdict: 'AC' });
  },
  unclearGone: (h, id, atMs) => {
    h.submit(id, atMs, 'info', atMs + 1, { error: 'ECONNRESET' });
    h.read(id, null);
  },
  dead: (h, id, atMs) => {
    h.submit(id, atMs, 'ok');
    for (const attempt of [1, 2, 3])
      h.ledger(id, 'claimed', atMs + attempt, `worker-${attempt}`, { attempt });
    h.read(id, { state: 'dead' });
  },
};

function run(ledger: ReturnType<typeof written>['ledger'], id: string, atMs: number): void {
  for (const [index, event] of (['claimed', 'started', 'finished'] as const).entries())
    ledger(id, event, atMs + 3 + index);
  ledger(id, 'acked', atMs + 7, 'worker-1', { outcome: 'acked' });
}

export interface Mutation {
  name: string;
  apply(history: History): History;
  /** From which category to which; undefined: none. */
  from?: Category;
  to?: Category;
  /** The rules that must be broken afterwards, of those that held before. */
  breaks: readonly string[];
}

const executed: readonly LedgerLine['event'][] = ['claimed', 'started', 'finished'];
const lost = ['nothing-lost', 'all-done'];

/** Each hits `job-0` (done), `job-1` (refused), or a job that nobody sent. */
export const mutations: readonly Mutation[] = [
  { name: 'drop the final record', apply: readAs(null), from: 'doneOnce', to: 'lost', breaks: lost },
  { name: 'leave it queued', apply: readAs({ state: 'queued' }), from: 'doneOnce', to: 'lost', breaks: lost },
  { name: 'drop the final read', apply: withoutOp('read'), from: 'doneOnce', to: 'pending', breaks: [] },
  {
    name: 'dead-letter it',
    apply: readAs({ state: 'dead' }),
    from: 'doneOnce',
    to: 'deadLettered',
    breaks: ['all-done'],
  },
  { name: 'never finish it', apply: withoutLines('finished'), from: 'doneOnce', to: 'lost', breaks: lost },
  {
    name: 'accept a second ack',
    apply: withLine('job-0', 'acked', 'acked'),
    from: 'doneOnce',
    to: 'doneManyTimes',
    breaks: ['one-result'],
  },
  { name: 'refuse a second ack', apply: withLine('job-0', 'acked', 'stale'), breaks: [] },
  { name: 'repeat its ack', apply: withLine('job-0', 'acked', 'already'), breaks: [] },
  {
    name: 'turn its ok into info',
    apply: submittedAs('info'),
    from: 'doneOnce',
    to: 'indeterminate',
    breaks: [],
  },
  {
    name: 'turn its ok into fail',
    apply: submittedAs('fail'),
    from: 'doneOnce',
    to: 'phantom',
    breaks: ['one-result'],
  },
  {
    name: 'never answer its submission',
    apply: submittedAs(undefined),
    from: 'doneOnce',
    to: 'indeterminate',
    breaks: [],
  },
  ...executed.map(
    (event): Mutation => ({
      name: `${event}: a refused job`,
      apply: withLine('job-1', event),
      from: 'refused',
      to: 'phantom',
      breaks: ['one-result'],
    }),
  ),
  ...executed.map(
    (event): Mutation => ({
      name: `${event}: a never-sent job`,
      apply: withLine('nobody', event),
      to: 'unexpected',
      breaks: ['one-result'],
    }),
  ),
];

function ofVictim(event: Event, f: string): event is Op {
  return event.type === 'op' && event.f === f && (event.value as { id: string }).id === 'job-0';
}

function readAs(record: { state: string } | null): Mutation['apply'] {
  return ({ events, ledger }) => ({
    ledger,
    events: events.map((event) =>
      ofVictim(event, 'read') && event.kind === 'ok' ? { ...event, value: { id: 'job-0', record } } : event,
    ),
  });
}

function withoutOp(f: string): Mutation['apply'] {
  return ({ events, ledger }) => ({ ledger, events: events.filter((event) => !ofVictim(event, f)) });
}

function submittedAs(kind: 'info' | 'fail' | undefined): Mutation['apply'] {
  return ({ events, ledger }) => ({
    ledger,
    events: events.flatMap((event): Event[] => {
      if (!ofVictim(event, 'submit') || event.kind === 'invoke') return [event];
      return kind === undefined ? [] : [{ ...event, kind }];
    }),
  });
}

function withoutLines(event: LedgerLine['event']): Mutation['apply'] {
  return ({ events, ledger }) => ({
    events,
    ledger: ledger.filter((line) => line.job !== 'job-0' || line.event !== event),
  });
}

function withLine(
  job: string,
  event: LedgerLine['event'],
  outcome?: LedgerLine['outcome'],
): Mutation['apply'] {
  const line: LedgerLine = { atMs: 5000, source: 'worker-9', pid: 9, event, job };
  return ({ events, ledger }) => ({
    events,
    ledger: [...ledger, outcome === undefined ? line : { ...line, outcome }],
  });
}
