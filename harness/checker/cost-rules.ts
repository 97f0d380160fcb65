// What each persistence setting costs, as ratios to `off` of the same round, so that whatever else the machine does meets
// both alike. Pure.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import type { Price } from './cells.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { quantile } from './quantile.ts';

interface Measurement {
  perSecond: number;
  latencyMsP99: number;
  referencePerSecond: number | undefined;
  diskBytes: number;
  restartMs: number;
}

const median = (values: readonly number[]) => quantile(values, 0.5);
const round = (value: number, digits: number) => Number(value.toFixed(digits));

/**
 * "price-shows": the dearest setting costs at least so much of the throughput of `off`, in the median of the rounds. Else
 * this list shows noise, not prices. The evidence is the price list.
 */
export function pricesShow(dearest: string, { ratioAtMost }: { ratioAtMost: number }): Rule {
  return (history) => {
    const rounds = roundsOf(history);
    const complete = rounds.filter((one) => one.has('off') && one.has(dearest));
    if (complete.length < 3) return tooLittle(`only ${complete.length} rounds have both off and ${dearest}`);
    const settings = [...new Set(rounds.flatMap((one) => [...one.keys()]))];
    const prices = settings.map((setting) => priceOf(setting, complete));
    const price = prices.find(({ setting }) => setting === dearest)!;
    const detail = `${dearest} has ${price.throughputRatio} × the throughput of off, at most ${ratioAtMost}`;
    const evidence = {
      rounds: complete.length,
      dearestThroughputRatio: price.throughputRatio,
      dearestThroughputRatioBound: ratioAtMost,
      prices,
    };
    return finding('price-shows', price.throughputRatio > ratioAtMost && detail, evidence);
  };
}

function roundsOf({ events }: History): Map<string, Measurement>[] {
  const rounds: Map<string, Measurement>[] = [];
  const measured = events.filter((event) => event.type === 'observation' && event.f === 'measured');
  const turns = faultsOf(events).filter(({ kind }) => kind === 'change-setting');
  for (const [index, { target, proof, landed, healedAtMs }] of turns.entries()) {
    const seen = (measured[index] as { value?: unknown } | undefined)?.value;
    if (seen === undefined || !landed || healedAtMs === null) continue;
    const number = Number(proof.round);
    rounds[number] ??= new Map();
    rounds[number].set(target, measurementOf(seen, proof));
  }
  return rounds.filter((one) => one !== undefined);
}

function measurementOf(seen: unknown, proof: Fault['proof']): Measurement {
  const { writes, durationMs, latencyMsP99 } = seen as Record<string, number>;
  return {
    perSecond: (writes! * 1000) / durationMs!,
    latencyMsP99: latencyMsP99!,
    referencePerSecond: proof.referencePerSecond as number | undefined,
    diskBytes: Number(proof.diskBytes),
    restartMs: Number(proof.restartMs),
  };
}

function priceOf(setting: string, rounds: readonly Map<string, Measurement>[]): Price {
  const pairs = rounds.flatMap((one) => {
    const [own, off] = [one.get(setting), one.get('off')];
    return own && off ? [{ own, off }] : [];
  });
  const throughput = pairs.map(({ own, off }) => own.perSecond / off.perSecond);
  const reference = pairs.flatMap(({ own, off }) =>
    own.referencePerSecond && off.referencePerSecond ? [own.referencePerSecond / off.referencePerSecond] : [],
  );
  return {
    setting,
    rounds: pairs.length,
    throughputRatio: round(median(throughput), 2),
    throughputRatioMin: round(Math.min(...throughput), 2),
    throughputRatioMax: round(Math.max(...throughput), 2),
    latencyP99Ratio: round(median(pairs.map(({ own, off }) => own.latencyMsP99 / off.latencyMsP99)), 2),
    ...(reference.length > 0 ? { referenceRatio: round(median(reference), 2) } : {}),
    diskBytes: median(pairs.map(({ own }) => own.diskBytes)),
    restartMs: round(median(pairs.map(({ own }) => own.restartMs)), 1),
  };
}
