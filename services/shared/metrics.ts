// Makes the metrics of metric-names.ts, on a registry of each service's own. Whoever makes a
// labelled counter starts it at 0, so that a first event is an increase.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricInfo, type MetricName, metricInfos } from './metric-names.ts';

/** The one queue there is, as `messaging.destination.name` and the label `queue` call it. */
export const queueName = 'submissions';

type NameOf<T extends MetricInfo['type']> = {
  [Name in MetricName]: (typeof metricInfos)[Name]['type'] extends T ? Name : never;
}[MetricName];

type LabelOf<Name extends MetricName> = (typeof metricInfos)[Name] extends { labels: readonly (infer L)[] }
  ? L & string
  : never;

export interface Metrics {
  readonly registry: Registry;
  counter<Name extends NameOf<'counter'>>(name: Name): Counter<LabelOf<Name>>;
  /** @param collect sets it, whenever somebody asks */
  gauge<Name extends NameOf<'gauge'>>(
    name: Name,
    collect?: (gauge: Gauge<LabelOf<Name>>) => Promise<void> | void,
  ): Gauge<LabelOf<Name>>;
  histogram<Name extends NameOf<'histogram'>>(name: Name): Histogram<LabelOf<Name>>;
}

/** Starts the process' default metrics too, so call it once a process. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const options = (name: MetricName) => {
    const { help, labels = [], buckets }: MetricInfo = metricInfos[name];
    return {
      name,
      help,
      labelNames: labels as never[],
      registers: [registry],
      ...(buckets && { buckets: [...buckets] }),
    };
  };
  return {
    registry,
    counter: (name) => new Counter(options(name)),
    gauge: (name, collect) => {
      const one: Gauge<never> = new Gauge({
        ...options(name),
        ...(collect && { collect: () => collect(one) }),
      });
      return one;
    },
    histogram: (name) => new Histogram(options(name)),
  };
}
