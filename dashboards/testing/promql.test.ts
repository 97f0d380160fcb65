// The reader of expressions finds every series and no function, string or label.

import { expect, test } from 'vitest';
import { groupedBy, selectorsOf } from './promql.ts';

test.each([
  ['up', ['up']],
  ['sum by (job) (up)', ['up']],
  ['sum(rate(a_total{x="1", y!~"b|c"}[5m]))', ['a_total{x="1", y!~"b|c"}']],
  ['a - on (slo) group_left (job) b{c="}"} > bool 0', ['a', 'b{c="}"}']],
  ['(time() - max(a)) or vector(0)', ['a']],
  [
    'judge:slo_bad:rate5m / clamp_min(judge:slo_total:rate5m, 1e-9) / 0.01',
    ['judge:slo_bad:rate5m', 'judge:slo_total:rate5m'],
  ],
  ['label_replace(a, "b", "$1", "c", "(.*)")', ['a']],
  ['a and on () b == 0 unless c', ['a', 'b', 'c']],
  [
    'histogram_quantile(0.99, sum by (le) (rate(x_bucket{le=~"1(\\\\.0)?"}[$__rate_interval])))',
    ['x_bucket{le=~"1(\\\\.0)?"}'],
  ],
  ['max_over_time(a[1h:5m] offset 2h) * +Inf', ['a']],
])('%s asks for %j', (expr, texts) => {
  expect(selectorsOf(expr).map(({ text }) => text)).toEqual(texts);
});

test('labels are those between braces, and those it groups by', () => {
  const expr = 'sum by (a, b) (x{c="1", d=~"e=\\"2\\""}) / on (f) y';
  expect(selectorsOf(expr).map(({ metric, labels }) => [metric, labels])).toEqual([
    ['x', ['c', 'd']],
    ['y', []],
  ]);
  expect(groupedBy(expr)).toEqual(['a', 'b', 'f']);
});
