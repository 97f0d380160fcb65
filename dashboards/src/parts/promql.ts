// The few shapes of PromQL that the dashboards are made of. Strings in, strings out.

/** What Grafana puts in the place of `$__rate_interval` is wide enough for a rate at any zoom. */
export const window = '$__rate_interval';

/** Events a second. */
export function rate(metric: string, by: readonly string[] = [], over = window): string {
  return `sum${grouped(by)}(rate(${metric}[${over}]))`;
}

/** Events while the window lasted. */
export function increase(metric: string, by: readonly string[] = [], over = window): string {
  return `sum${grouped(by)}(increase(${metric}[${over}]))`;
}

/**
 * A quantile over all instances.
 * @param histogram without `_bucket`
 * @param matchers what goes between the braces
 */
export function quantile(q: number, histogram: string, by: readonly string[] = [], matchers = ''): string {
  const selector = matchers === '' ? `${histogram}_bucket` : `${histogram}_bucket{${matchers}}`;
  return `histogram_quantile(${q}, ${rate(selector, ['le', ...by])})`;
}

/** A label matcher for a bucket: Prometheus 3 writes `le="1.0"` where 2 wrote `le="1"`. */
export function bucket(seconds: number): string {
  return Number.isInteger(seconds) ? `le=~"${seconds}(\\\\.0)?"` : `le="${seconds}"`;
}

function grouped(by: readonly string[]): string {
  return by.length === 0 ? ' ' : ` by (${by.join(', ')}) `;
}

/** How many jobs are in a state. Each API says it for the whole queue: the greatest, not the sum. */
export function depth(state: string): string {
  return `max(judge_queue_depth{state="${state}"})`;
}

/** What is open, state by state. (`done` is left out: it only grows until records expire.) */
export const depthByState = ['queued', 'running', 'dead'].map((state) => ({
  expr: depth(state),
  legend: state,
}));

/** Seconds that the oldest waiting job has waited; 0 when none waits, nothing when nobody knows. */
export const oldestAge =
  'clamp_min(time() - max(judge_queue_oldest_message_timestamp_seconds), 0) * (max(judge_queue_oldest_message_timestamp_seconds) > bool 0)';

/** Of the submissions that were sent, by their own fault refused (`conflict`) left out. */
export const sent = 'messaging_client_sent_messages_total{outcome!="conflict"}';
/** Those that were not accepted, or of which nobody knows. */
export const notAccepted = 'messaging_client_sent_messages_total{outcome=~"full|refused|unknown"}';

/** The requests that submit. */
export const submitting = 'http_request_method="POST", http_route="/submissions"';
