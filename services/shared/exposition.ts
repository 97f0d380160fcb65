// What /metrics answers: Prometheus' text, or OpenMetrics to those who ask for it, as Prometheus itself does. Only that has
// exemplars: a bucket of a histogram names the trace of one that fell into it.

import { Registry, type RegistryContentType } from 'prom-client';

/** What is exposed, in whatever format. */
export type MetricsRegistry = Pick<Registry, 'getMetricsAsArray' | 'getSingleMetric'>;

export interface Exposition {
  contentType: RegistryContentType;
  text: string;
}

/** @param accept what the request says in `Accept` */
export async function expose(registry: MetricsRegistry, accept: string | undefined): Promise<Exposition> {
  const format = accept?.includes('application/openmetrics-text') ? 'OPENMETRICS' : 'PROMETHEUS';
  const asked = new Registry<RegistryContentType>();
  asked.setContentType(Registry[`${format}_CONTENT_TYPE`]);
  for (const { name } of registry.getMetricsAsArray()) {
    // A view of each, because to expose a counter as OpenMetrics renames it, for good.
    asked.registerMetric(Object.create(registry.getSingleMetric(name)!));
  }
  return { contentType: asked.contentType, text: await asked.metrics() };
}
