// Dashboards and alerts ask for what the code exposes, by the labels that it has; and nothing is exposed that nobody looks at.

import { describe, expect, test } from 'vitest';
import { type MetricInfo, metricInfos } from '../services/shared/metric-names.ts';
import { objectives } from './src/objectives.ts';
import { allExpressions, panelQueries, rules } from './testing/inventory.ts';
import { groupedBy, selectorsOf } from './testing/promql.ts';

const infos = new Map<string, MetricInfo>(Object.entries(metricInfos));

/** Of others: Node and the process (prom-client), Redis' exporter, k6, and Prometheus itself. */
const foreign = /^(nodejs_|process_|redis_|k6_)|^(up|ALERTS)$/;
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

/** Labels that Prometheus adds to everything it scrapes. */
const targetLabels = ['job', 'instance'];

/** The metric of ours that a series belongs to. */
function ours(series: string): string | undefined {
  if (infos.get(series)?.type === 'histogram') return undefined; // only its parts are series
  if (infos.has(series)) return series;
  const base = series.replace(/_(bucket|sum|count)$/, '');
  return base !== series && infos.get(base)?.type === 'histogram' ? base : undefined;
}

const labelsOf = (series: string): string[] => [
  ...targetLabels,
  ...(infos.get(ours(series) ?? '')?.labels ?? []),
  ...(series.endsWith('_bucket') ? ['le'] : []),
];

const known = ({ metric }: { metric: string }) =>
  ours(metric) !== undefined || recorded.has(metric) || foreign.test(metric);

test('there is something to look at', () => {
  expect(allExpressions.length).toBeGreaterThan(150);
  expect(new Set(panelQueries.map(({ where }) => where)).size).toBe(panelQueries.length);
});

test.each(allExpressions)('$where: every series exists', ({ expr }) => {
  const selectors = selectorsOf(expr);
  expect(selectors.length + Number(expr.includes('vector('))).toBeGreaterThan(0);
  expect(selectors.filter((one) => !known(one)).map(({ metric }) => metric)).toEqual([]);
});

test.each(allExpressions)('$where: every label exists', ({ expr }) => {
  const own = selectorsOf(expr).filter(({ metric }) => ours(metric) !== undefined);
  const wrong = own.flatMap(({ metric, labels }) =>
    labels.filter((label) => !labelsOf(metric).includes(label)).map((label) => `${metric}{${label}}`),
  );
  expect(wrong).toEqual([]);
  if (own.length < selectorsOf(expr).length) return; // what others' series are labelled with, Prometheus shows
  const all = new Set(own.flatMap(({ metric }) => labelsOf(metric)));
  expect(groupedBy(expr).filter((label) => !all.has(label))).toEqual([]);
});

test.each(panelQueries)('$where: a legend names only labels that are left', ({ expr, legend = '' }) => {
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
  const grouped = groupedBy(expr);
  const aggregated = /^(sum|max|min|count|histogram_quantile)\b/.test(expr);
  const left = aggregated ? grouped : [...selectorsOf(expr).flatMap(({ metric }) => labelsOf(metric)), 'slo'];
  expect(named.filter((label) => !left.includes(label))).toEqual([]);
});

test.each([...infos.keys()])('%s is looked at', (name) => {
  const used = allExpressions.some(({ expr }) =>
    selectorsOf(expr).some(({ metric }) => ours(metric) === name),
  );
  expect(used).toBe(true);
});

test('every recorded series is looked at', () => {
  const used = new Set(allExpressions.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric)));
  expect([...recorded].filter((name) => !used.has(name))).toEqual([]);
});

describe('objectives', () => {
  test.each(objectives)('$name counts by a bucket that the histogram has', ({ total, bad }) => {
    const bounds = [...`${total} ${bad}`.matchAll(/(\w+)_bucket\{[^}]*le=~?"([\d.]+)/g)];
    for (const [, metric, bound] of bounds) {
      expect(infos.get(metric!)?.buckets).toContain(Number(bound));
    }
    expect(bounds.length).toBe(total.includes('messaging_client_sent') ? 0 : 1);
  });
});

describe('the check itself', () => {
  test('sees a series that is not there, a histogram without its parts, and a label that is not there', () => {
    expect(selectorsOf('sum(rate(judge_queue_dept[1m]))').every(known)).toBe(false);
    expect(selectorsOf('judge_queue_wait_seconds').every(known)).toBe(false);
    expect(selectorsOf('judge_queue_depth_count').every(known)).toBe(false);
    expect(labelsOf('judge_queue_depth')).not.toContain('queue');
    expect(labelsOf('judge_queue_wait_seconds_bucket')).toEqual([
      'job',
      'instance',
      'queue',
      'delivery',
      'le',
    ]);
  });
});
