import { describe, expect, test } from 'vitest';
import type { History } from '../history.ts';
import { sharesEvenly } from './balance-rules.ts';
import { empty, written } from './testing/history.ts';

const rule = sharesEvenly({ workers: 2, mostRatio: 1.25, unevenRatio: 1.5 });

/** Two workers, each with these runs one after the other, all jobs sent at 0. */
function shared(one: number[], two: number[], gapMs = 0): History {
  const h = written();
  h.submit('early', -500, 'ok', -400, { batch: 'steady' });
  h.ledger('early', 'enqueue', -450, 'api-1');
  h.ledger('early', 'acked', -300, 'worker-1', { outcome: 'acked' });
  for (const [worker, lengths] of [one, two].entries()) {
    let atMs = 0;
    for (const [index, lengthMs] of lengths.entries()) {
      const [id, source] = [`job-${worker}-${index}`, `worker-${worker + 1}`];
      h.submit(id, -5, 'ok', 1);
      h.ledger(id, 'enqueue', 0, 'api-1');
      h.ledger(id, 'claimed', atMs + gapMs, source);
      h.ledger(id, 'started', atMs + gapMs, source);
      h.ledger(id, 'finished', atMs + gapMs + lengthMs, source);
      atMs += gapMs + lengthMs;
      h.ledger(id, 'acked', atMs, source, { outcome: 'acked' });
    }
  }
  return h.history();
}
const four = [100, 100, 100, 100];
const without = ({ events, ledger }: History, job: string, event: string): History => ({
  events,
  ledger: ledger.filter((line) => line.job !== job || line.event !== event),
});

describe('evenly-shared and unevenly-shared', () => {
  test('valid: both work to the end; the steady state does not count', () => {
    expect(rule(shared(four, [200, 50, 150]))).toMatchObject({ insufficient: 'only 7 jobs for 2 workers' });
    expect(rule(shared(four, [...four, 100]))).toEqual({
      violations: [],
      evidence: {
        jobs: 9,
        workers: 2,
        makespanRatio: 1.111,
        makespanRatioBound: 1.25,
        makespanMs: 500,
        lowerBoundMs: 450,
        longestJobMs: 100,
        busiestWorkerMs: 500,
        leastBusyWorkerMs: 400,
      },
    });
  });

  test('violated: one has more than its share', () => {
    expect(rule(shared([...four, ...four], [...four, 20]))).toMatchObject({
      violations: [
        {
          rule: 'evenly-shared',
          detail: '800 ms for jobs that take 610 ms at least: 1.311 ×, at most 1.25 ×',
        },
      ],
    });
    const { violations } = rule(shared([...four, ...four], [50, 50]));
    expect(violations.map(({ rule }) => rule)).toEqual(['evenly-shared', 'unevenly-shared']);
  });

  test('violated: nobody has more, yet all wait between their jobs', () => {
    expect(rule(shared(four, four, 24)).violations).toEqual([]);
    expect(rule(shared(four, four, 26)).violations).toMatchObject([{ rule: 'evenly-shared' }]);
  });

  test('violated: a worker that gets nothing', () => {
    const { violations, evidence } = rule(shared([...four, ...four], []));
    expect(violations.map(({ rule }) => rule)).toEqual(['evenly-shared', 'unevenly-shared']);
    expect(evidence).toMatchObject({ makespanRatio: 2, leastBusyWorkerMs: 0 });
  });

  test('no schedule is shorter than the longest job', () => {
    expect(rule(shared([1000], [...four, ...four]))).toMatchObject({
      violations: [],
      evidence: { lowerBoundMs: 1000, makespanRatio: 1 },
    });
  });

  test('a run whose result did not count is work for nothing', () => {
    const { events, ledger } = shared(four, four);
    const again = (event: 'started' | 'finished' | 'acked', atMs: number, more = {}) =>
      ({ atMs, source: 'worker-3', pid: 1, event, job: 'job-0-0', ...more }) as const;
    const wasted = [
      again('started', 400),
      again('finished', 590),
      again('acked', 600, { outcome: 'stale' as const }),
    ];
    expect(rule({ events, ledger: [...ledger, ...wasted] })).toEqual({
      ...rule({ events, ledger }),
      evidence: { ...rule({ events, ledger }).evidence, leastBusyWorkerMs: 190 },
    });
  });

  test('too little: empty, few jobs, or one without a result', () => {
    expect(rule(empty)).toEqual({
      violations: [],
      evidence: { jobs: 0, workers: 2 },
      insufficient: 'only 0 jobs for 2 workers',
    });
    const open = without(shared([...four, ...four], [10]), 'job-0-7', 'acked');
    expect(rule(open)).toMatchObject({ violations: [], insufficient: '1 of 9 jobs have no result' });
  });

  test('a refused job is nobody’s work', () => {
    const { events, ledger } = shared(four, four);
    const refused = (kind: 'invoke' | 'fail') =>
      ({ type: 'op', atMs: 0, process: 99, kind, f: 'submit', value: { id: 'x', batch: 'load' } }) as const;
    const history = { events: [...events, refused('invoke'), refused('fail')], ledger };
    expect(rule(history)).toEqual(rule({ events, ledger }));
  });
});
