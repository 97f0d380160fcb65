import { describe, expect, test } from 'vitest';
import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import { workersScale } from './scaling-rules.ts';
import { empty, written } from './testing/history.ts';

const rule = workersScale({ efficiencyAtLeast: 0.9, collapsedAtMost: 0.6 });
const stepMs = 1000;

interface Written {
  /** How long a job takes when so many workers work. */
  cycleMs: (workers: number) => number;
  steps?: readonly number[];
  /** Jobs that nobody claims. */
  left?: number;
  change?: (line: LedgerLine) => LedgerLine | undefined;
}

/** Steps of a second, a second apart; all workers' acks fall on the same moments, the first a bit before each step. */
function scaled({ cycleMs, steps = [8, 4, 2, 1], left = 1, change = (line) => line }: Written): History {
  const h = written();
  let next = 0;
  for (let index = 0; index < left; index++) h.ledger(`left-${index}`, 'enqueued', 0, 'api-1');
  for (const [turn, workers] of steps.entries()) {
    const fromMs = 1000 + turn * 2 * stepMs;
    for (let worker = 1; worker <= workers; worker++) {
      const source = `worker-${worker}`;
      const ms = cycleMs(workers);
      for (let atMs = fromMs - 1.5 * ms; atMs < fromMs + stepMs; atMs += ms) {
        const id = `job-${next++}`;
        h.ledger(id, 'enqueued', 0, 'api-1');
        h.ledger(id, 'claimed', atMs, source);
        h.ledger(id, 'finished', atMs + ms - 1, source, { verdict: 'AC' });
        h.ledger(id, 'acked', atMs + ms, source, { outcome: 'acked' });
      }
    }
    h.observe(-1, 'step', fromMs + stepMs, { workers, fromMs });
  }
  const { events, ledger } = h.history();
  return { events, ledger: ledger.flatMap((line) => change(line) ?? []) };
}
const linear = { cycleMs: () => 53 };

describe('workers-scale and scaling-collapses', () => {
  test('valid: a cycle that is only partly inside a step counts by that part', () => {
    const { violations, evidence } = rule(scaled(linear));
    expect(violations).toEqual([]);
    expect(evidence).toMatchObject({
      workers: 8,
      efficiency: 1,
      efficiencyAtLeast: 0.9,
      cycleMsP50: 53,
      scalability: [
        { workers: 1, jobsPerSecond: 18.87, efficiency: 1 },
        { workers: 2, jobsPerSecond: 37.74, efficiency: 1 },
        { workers: 4, jobsPerSecond: 75.47, efficiency: 1 },
        { workers: 8, jobsPerSecond: 150.9, efficiency: 1 },
      ],
      usl: { lambda: 18.87, sigma: expect.closeTo(0, 6) },
    });
  });

  test('violated: eight do less than their share', () => {
    const slower = scaled({ cycleMs: (workers) => (workers === 8 ? 60 : 53) });
    expect(rule(slower)).toMatchObject({
      violations: [
        {
          rule: 'workers-scale',
          detail: '8 workers do 133.3 jobs/s and one 18.9: efficiency 0.883, at least 0.9',
        },
      ],
    });
  });

  test('collapsed: two cores, and more workers than that share them', () => {
    const { violations, evidence } = rule(scaled({ cycleMs: (workers) => 25 * Math.max(1, workers / 2) }));
    expect(violations.map(({ rule }) => rule)).toEqual(['workers-scale', 'scaling-collapses']);
    expect(evidence).toMatchObject({ efficiency: 0.25 });
  });

  test('what is not accepted, not right, or done before does not count', () => {
    const ofEight = (line: LedgerLine) => line.atMs < 2100 && line.source.startsWith('worker-');
    const odd = ({ job }: LedgerLine) => Number(job.slice(4)) % 2 === 1;
    const changes: Written['change'][] = [
      (line) => (ofEight(line) && odd(line) && line.event === 'acked' ? { ...line, outcome: 'stale' } : line),
      (line) =>
        ofEight(line) && odd(line) && line.event === 'finished' ? { ...line, verdict: 'TLE' } : line,
      (line) => (ofEight(line) && line.event === 'finished' && odd(line) ? undefined : line),
      (line) =>
        ofEight(line) && odd(line) ? { ...line, job: `job-${Number(line.job.slice(4)) - 1}` } : line,
    ];
    for (const change of changes) {
      const { efficiency } = rule(scaled({ ...linear, change: change! })).evidence as { efficiency: number };
      expect(efficiency).toBeGreaterThan(0.4);
      expect(efficiency).toBeLessThan(0.6);
    }
  });

  test('too little: empty, no step with one worker, a backlog that ran out, few jobs, no fit', () => {
    const why = (history: History) => {
      const { violations, insufficient } = rule(history);
      expect(violations).toEqual([]);
      return insufficient;
    };
    expect(why(empty)).toMatch(/^no step/);
    expect(why(scaled({ ...linear, steps: [8, 4, 2] }))).toMatch(/^no step/);
    expect(why(scaled({ ...linear, steps: [1] }))).toMatch(/^no step/);
    expect(why(scaled({ ...linear, left: 0 }))).toBe(
      'the backlog ran out while it was measured with one worker',
    );
    expect(why(scaled({ cycleMs: (workers) => (workers === 4 ? 500 : 53) }))).toBe(
      'only 8 jobs were done in the step of 4 workers',
    );
    expect(why(scaled({ ...linear, steps: [4, 2, 1] }))).toBe(
      'too few steps for a fit of the Universal Scalability Law',
    );
  });
});
