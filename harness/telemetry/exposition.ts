// What of an instance's /metrics is kept. Pure.
//
// Left out: histogram buckets (sum and count stay), and what Node says of itself but for its event loop's lag.

const line = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)(?: -?\d+)?$/;

/** Series, such as `judge_queue_depth{state="queued"}`, to value; of a text in Prometheus' format. */
export function keptSeries(text: string): Record<string, number> {
  const series: Record<string, number> = {};
  for (const one of text.split('\n')) {
    const [, name, labels = '', value] = line.exec(one) ?? [];
    if (name === undefined || !isKept(name)) continue;
    const number = Number(value);
    if (Number.isFinite(number)) series[name + labels] = number;
  }
  return series;
}

function isKept(name: string): boolean {
  if (/^nodejs_eventloop_lag_(p99_)?seconds$/.test(name)) return true;
  return !/^(process|nodejs)_|_bucket$/.test(name);
}
