// What each persistence setting keeps and what it costs, as two tables: the results of the persistence claims side by
// side. Pure; how a table looks is the business of the terminal, the page and the docs.

import { type Cell, type FaultName, mergeCells, type Price } from '../checker/cells.ts';
import { count } from './figures.ts';
import type { ClaimResult } from './result.ts';

export interface Table {
  title: string;
  /** The first column names the rows. */
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

const faults: readonly FaultName[] = ['SIGTERM', 'SIGKILL', 'power cut'];
/** From the one that keeps least. */
const settings = ['off', 'RDB', 'AOF no', 'AOF everysec', 'AOF always', 'RDB + AOF'];

/** Those that the claims have figures for. */
export function persistenceTables(claims: readonly ClaimResult[]): Table[] {
  const arms = claims.flatMap(({ evidence, control }) => [evidence, control.evidence]);
  const cells = mergeCells(arms.flatMap(({ cells }) => (cells ?? []) as Cell[]));
  // The control of the price list has `off` under another's name, so only the claim's own list counts.
  const prices = claims.flatMap(({ evidence }) => (evidence.prices ?? []) as Price[]);
  const everysec = cells.find(({ setting, fault }) => setting === 'AOF everysec' && fault === 'power cut');
  return [
    ...(cells.length > 0 ? [kept(cells)] : []),
    ...(prices.length > 0 ? [cost(prices)] : []),
    ...(everysec && everysec.times >= cutsForHistogram ? [histogram(everysec)] : []),
  ];
}

/** Fewer of them are read better one by one. */
const cutsForHistogram = 5;
const bucketMs = 200;

/** How far back the loss reached, cut by cut. Its end is the widest; a loss of more than 2 s would show. */
function histogram({ setting, lossWindowsMs }: Cell): Table {
  const buckets = Math.floor(Math.max(...lossWindowsMs) / bucketMs) + 1;
  const rows = Array.from({ length: buckets }, (_, bucket) => {
    const [from, to] = [bucket * bucketMs, (bucket + 1) * bucketMs];
    const cuts = lossWindowsMs.filter((windowMs) => windowMs >= from && windowMs < to).length;
    return [`${count(from)} to ${count(to)} ms`, `${'█'.repeat(cuts)}${cuts > 0 ? ' ' : ''}${cuts}`];
  });
  return {
    title: `How far back the loss reaches: ${setting} under ${lossWindowsMs.length} power cuts`,
    head: ['loss window', 'power cuts'],
    rows,
  };
}

/** "0 of 2,051 · 3 ×", "1,662 of 19,797, the last 527 ms · 3 ×" */
export function describeCell({ lost, acknowledged, lossWindowsMs, times, timesRefused }: Cell): string {
  const widestMs = Math.max(0, ...lossWindowsMs);
  const how =
    lost === 0
      ? `0 of ${count(acknowledged)}`
      : lost === acknowledged
        ? `all ${count(acknowledged)}`
        : `${count(lost)} of ${count(acknowledged)}, last ${count(widestMs)} ms`;
  return `${how} · ${times}×${timesRefused > 0 ? `, refused to start ${timesRefused}×` : ''}`;
}

function kept(cells: readonly Cell[]): Table {
  const find = (setting: string, fault: FaultName) =>
    cells.find((cell) => cell.setting === setting && cell.fault === fault);
  const rows = ordered(cells).map((setting) => [
    setting,
    ...faults.map((fault) => {
      const cell = find(setting, fault);
      return cell === undefined ? '–' : describeCell(cell);
    }),
  ]);
  return {
    title:
      'What each setting loses: of the acknowledged writes, how many and how far back · number of faults',
    head: ['setting', ...faults],
    rows,
  };
}

function cost(prices: readonly Price[]): Table {
  const withReference = prices.some(({ referenceRatio }) => referenceRatio !== undefined);
  const rows = ordered(prices).map((setting) => {
    const price = prices.find((one) => one.setting === setting)!;
    return [
      setting,
      `${price.throughputRatio.toFixed(2)} × (${price.throughputRatioMin.toFixed(2)}–${price.throughputRatioMax.toFixed(2)})`,
      ...(withReference ? [price.referenceRatio ? `${price.referenceRatio.toFixed(2)} ×` : '–'] : []),
      `${price.latencyP99Ratio.toFixed(2)} ×`,
      `${count(price.diskBytes / 1024)} KiB`,
      `${count(price.restartMs)} ms`,
    ];
  });
  return {
    title: 'What it costs: ratios to off, median of the rounds (least to most)',
    head: [
      'setting',
      'throughput',
      ...(withReference ? ['redis-benchmark'] : []),
      'p99',
      'on disk',
      'restart',
    ],
    rows,
  };
}

function ordered(named: readonly { setting: string }[]): string[] {
  const rank = (setting: string) =>
    settings.includes(setting) ? settings.indexOf(setting) : settings.length;
  return [...new Set(named.map(({ setting }) => setting))].sort((a, b) => rank(a) - rank(b));
}
