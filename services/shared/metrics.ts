// Makes the metrics of metric-names.ts, on a registry of each service's own. Whoever makes a
// labelled counter starts it at 0, so that a first event is an increase.

import { trace } from '@opentelemetry/api';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client';
import type { MetricsRegistry } from './exposition.ts';
import { type MetricInfo, type MetricName, metricInfos } from './metric-names.ts';

/** The one queue there is, as `messaging.destination.name` and the label `queue` call it. */
export const queueName = 'submissions';

type NameOf<T extends MetricInfo['type']> = {
  [Name in MetricName]: (typeof metricInfos)[Name]['type'] extends T ? Name : never;
}[MetricName];

type LabelOf<Name extends MetricName> = (typeof metricInfos)[Name] extends { labels: readonly (infer L)[] }
  ? L & string
  : never;

export interface Durations<Label extends string> {
  /** @param traceId of what took so long; if not given, that of what is under way */
  observe(labels: Partial<Record<Label, string>>, seconds: number, traceId?: string): void;
  /** Exposes it before the first. */
  zero(labels: Partial<Record<Label, string>>): void;
}

export interface Metrics {
  readonly registry: MetricsRegistry;
  counter<Name extends NameOf<'counter'>>(name: Name): Counter<LabelOf<Name>>;
  /** @param collect sets it, whenever somebody asks */
  gauge<Name extends NameOf<'gauge'>>(
    name: Name,
    collect?: (gauge: Gauge<LabelOf<Name>>) => Promise<void> | void,
  ): Gauge<LabelOf<Name>>;
  histogram<Name extends NameOf<'histogram'>>(name: Name): Durations<LabelOf<Name>>;
}

/** Starts the process' default metrics too, so call it once a process. */
export function openMetrics(): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  // Else its histograms could have no exemplars. What is exposed is up to who asks (exposition.ts).
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
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
    histogram: (name) => durations(new Histogram({ ...options(name), enableExemplars: true })),
  };
}

function durations<Label extends string>(histogram: Histogram<Label>): Durations<Label> {
  return {
    observe: (labels, value, traceId = trace.getActiveSpan()?.spanContext().traceId) => {
      const exemplarLabels = traceId === undefined ? {} : { trace_id: traceId };
      histogram.observe({ labels, value, exemplarLabels: exemplarLabels as object });
    },
    zero: (labels) => histogram.zero(labels),
  };
}
