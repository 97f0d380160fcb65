// From k6's end-of-test data to the account of a run, the table and the JUnit file; above all: what is said when the offered rate
// was not met.

import { describe, expect, test } from 'vitest';
import { junit } from './junit.ts';
import { objectivesOf } from './objectives.ts';
import { type Plan, planOf } from './plan.ts';
import { slo } from './slo.ts';
import { errorMetric, type K6Summary, type LoadSummary, passed, summaryOf } from './summary.ts';
import { number, table } from './table.ts';

const plan = planOf({ name: 'average', peakPerSecond: 10, durationMs: 10_000 });
const run = { baseUrl: 'http://127.0.0.1:3000', seed: 1, instances: 1 };

/** Data as k6 hands it over, with thresholds judged as k6 judges them. */
function data(counts: Record<string, number>, latencyMs: number | null, of: Plan = plan): K6Summary {
  const trend = (ms: number) => ({
    min: ms,
    'p(50)': ms,
    'p(95)': ms * 2,
    'p(99)': ms * 3,
    max: ms * 4,
    count: 9,
  });
  const metrics: K6Summary['metrics'] = {};
  for (const [name, count] of Object.entries(counts)) metrics[name] = { values: { count, rate: count } };
  if (latencyMs !== null) {
    metrics.judge_accept_duration = { values: trend(latencyMs) };
    metrics.judge_verdict_duration = { values: trend(latencyMs * 10) };
  }
  for (const { metric, threshold, value } of objectivesOf(of, 1)) {
    metrics[metric] ??= { values: {} };
    const [, operator, bound] = /(<=|>=|==|>)([\d.]+)$/.exec(threshold)!;
    const seen = metrics[metric]!.values[value] ?? 0;
    const ok = { '<=': seen <= +bound!, '>=': seen >= +bound!, '==': seen === +bound!, '>': seen > +bound! }[
      operator!
    ]!;
    metrics[metric]!.thresholds = { ...metrics[metric]!.thresholds, [threshold]: { ok } };
  }
  return { metrics };
}

const good = {
  judge_sent: 100,
  judge_accepted: 100,
  judge_verdicts_by_websocket: 98,
  judge_verdicts_by_get: 2,
};
const summarize = (counts: Record<string, number>, latencyMs: number | null = 3): LoadSummary =>
  summaryOf(data(counts, latencyMs), plan, objectivesOf(plan, 1), run);
const missed = (summary: LoadSummary) =>
  summary.objectives.filter(({ met }) => met === false).map(({ says }) => says);

describe('a run that met everything', () => {
  const summary = summarize(good);
  test('its account', () => {
    expect(summary).toMatchObject({
      scenario: 'average',
      offered: 100,
      sent: 100,
      dropped: 0,
      accepted: 100,
      offeredPerSecond: 10,
      achievedPerSecond: 10,
      rateMet: true,
      acceptMs: { p50: 3, p95: 6, p99: 9, max: 12 },
      verdictMs: { p50: 30, p95: 60, p99: 90, max: 120 },
      verdicts: { seen: 100, byWebSocket: 98, byGet: 2, wrong: 0 },
      errors: {},
    });
    expect(passed(summary)).toBe(true);
  });
  test('its table has each objective, no escape code, and fits 80 columns', () => {
    const text = table(summary, 80);
    expect(text).toContain('offered 10/s, achieved 10/s');
    expect(text).toContain(`✔  accept p99 ≤ ${slo.acceptMs.p99} ms`);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('NOT MET');
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
  test('its JUnit file has no failure', () => {
    const xml = junit(summary);
    expect(xml).toContain(
      `tests="${summary.objectives.length}" failures="0" errors="0" skipped="0" time="10.000"`,
    );
    expect(xml.match(/<testcase /g)).toHaveLength(summary.objectives.length);
  });
});

describe('a rate that was not met', () => {
  // 5,000 a second were asked for, and most of them dropped.
  const big = planOf({ name: 'average', peakPerSecond: 5000, durationMs: 3000 });
  const counts = { judge_sent: 1300, judge_accepted: 1230, dropped_iterations: 12_000 };
  const summary = summaryOf(data(counts, 3, big), big, objectivesOf(big, 1), run);

  test('fails, and no latency is passed for met', () => {
    expect(summary.rateMet).toBe(false);
    expect(passed(summary)).toBe(false);
    const latencies = summary.objectives.filter(({ says }) => says.includes(' p9'));
    expect(latencies.map(({ met }) => met)).toEqual([null, null, null, null]);
  });
  test('is said loudly, with the figures, at every width', () => {
    for (const width of [30, 80, 120]) {
      const text = table(summary, width).replaceAll(/\s+/g, ' ');
      expect(text).toContain(
        'offered 5,000/s, achieved 410/s, 12,000 dropped: the latency below is not to be believed',
      );
    }
    expect(table(summary, 80)).toContain('(9.0 ms)');
    expect(table(summary, 80)).toContain('not judged: the rate was not met');
  });
  test('is a skipped latency in JUnit, not a passed one', () => {
    expect(junit(summary)).toContain('failures="2" errors="0" skipped="4"');
  });

  test('also when k6 dropped none, but was late', () => {
    const late = summarize({ ...good, judge_sent: 90, judge_accepted: 90 });
    expect(late.rateMet).toBe(false);
    expect(table(late, 80)).toContain('10 never sent');
  });
});

describe('each objective can be missed', () => {
  test.each<[string, Record<string, number>, number | null, string[]]>([
    ['dropped', { ...good, dropped_iterations: 1 }, 3, ['no submission was dropped']],
    [
      'latency',
      good,
      40,
      ['accept p95 ≤ 50 ms', 'accept p99 ≤ 100 ms', 'verdict p95 ≤ 500 ms', 'verdict p99 ≤ 1000 ms'],
    ],
    ['failures', { ...good, judge_failed: 0.002 }, 3, ['≤ 0.1 % failed']],
    ['wrong verdicts', { ...good, judge_wrong_verdicts: 1 }, 3, ['no wrong verdict']],
    ['nothing at all', {}, null, ['≥ 97 submissions were sent', 'at least one was accepted']],
  ])('%s', (_, counts, latencyMs, says) => {
    const summary = summarize(counts, latencyMs);
    expect(missed(summary)).toEqual(says);
    expect(passed(summary)).toBe(false);
  });

  test('a threshold that k6 did not judge is not met', () => {
    const none = summaryOf({ metrics: {} }, plan, objectivesOf(plan, 1), run);
    expect(none.objectives.some(({ met }) => met === true)).toBe(false);
  });
});

test('errors are told by kind, and none by no word', () => {
  const summary = summarize({ ...good, [errorMetric('queue-full')]: 1200, [errorMetric('timeout')]: 3 });
  expect(summary.errors).toEqual({ 'queue-full': 1200, timeout: 3 });
  expect(table(summary, 80)).toContain('1,200 queue-full, 3 timeout');
  expect(table(summarize(good), 80)).toMatch(/errors +none/);
});

test('several instances share the plan', () => {
  const [sent] = objectivesOf(plan, 4).filter(({ metric }) => metric === 'judge_sent');
  expect(sent).toMatchObject({ threshold: 'count>=22' });
  const summary = summaryOf(data(good, 3), plan, objectivesOf(plan, 4), { ...run, instances: 4 });
  expect(summary).toMatchObject({ offered: 25, offeredPerSecond: 2.5 });
});

test('during chaos it is not the latency that counts', () => {
  const chaos = planOf({ name: 'during-chaos', peakPerSecond: 10, durationMs: 10_000, faults: true });
  const says = objectivesOf(chaos, 1).map((one) => one.says);
  expect(says.some((text) => text.includes(' p9'))).toBe(false);
  expect(says).toContain('≤ 25 % failed');
});

test('numbers are written as people read them', () => {
  expect([0, 9.96, 12.34, 999, 1000, 1234567.8].map(number)).toEqual([
    '0',
    '10',
    '12.3',
    '999',
    '1,000',
    '1,234,567.8',
  ]);
});

test('XML of what could be taken for XML', () => {
  const odd = summarize(good);
  odd.objectives = [{ says: 'a < b & "c"', met: false, seen: '\u0007>' }];
  expect(junit(odd)).toContain('name="a &lt; b &amp; &quot;c&quot;">');
  expect(junit(odd)).toContain('message=" &gt;"');
});
