// What the services of one experiment say of themselves, kept beside its history: their spans in spans.ndjson, samples of
// their metrics in metrics.ndjson.

import { join } from 'node:path';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { SpanCounts } from '../span.ts';
import type { JudgeSystem } from '../system/judge.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../system/otlp-receiver.ts';
import { waitUntil } from '../wait.ts';
import { type MetricSampler, startMetricSampler } from './metric-sampler.ts';
import { traceIndex } from './trace-index.ts';

export interface ArmTelemetry {
  /** Where the history's clock begins, in ms since 1970. */
  readonly beganAtMs: number;
  readonly counts: Readonly<SpanCounts>;
  traceOf(job: string): string | undefined;
  /**
   * @param host the address of this machine that the services reach
   * @returns where they send their spans; undefined: nobody can listen at that address
   */
  takeSpans(host: string): Promise<string | undefined>;
  /** From now on its instances are asked for their metrics. */
  sample(system: JudgeSystem): void;
  /** Resolves when the services have said all that they had to say; call it before they end. */
  lastWords(): Promise<void>;
  close(): Promise<void>;
}

export const spansFile = 'spans.ndjson';
export const metricsFile = 'metrics.ndjson';

/** Services export every 200 ms: after a longer silence nothing is on its way. */
const silenceMs = 300;
const silenceDeadlineMs = 2000;
const noSpans: SpanCounts = { spans: 0, spansLeftOut: 0, spanRequestsRefused: 0 };

/**
 * @param dir where the files go
 * @param beganMs the experiment's beginning, on the monotonic clock
 */
export function openTelemetry(dir: string, beganMs: number): ArmTelemetry {
  const index = traceIndex();
  const now = () => monotonicMs() - beganMs;
  const beganAtMs = performance.timeOrigin + performance.now() - now();
  let receiver: OtlpReceiver | undefined;
  let closed = false;
  let sampler: MetricSampler | undefined;

  const silence = async (): Promise<void> => {
    if (receiver?.lastAtMs() === undefined) return;
    const askedAtMs = monotonicMs();
    const silentMs = () => monotonicMs() - Math.max(askedAtMs, receiver?.lastAtMs() ?? 0);
    const what = 'the services to send their last spans';
    await waitUntil(() => silentMs() > silenceMs, { what, deadlineMs: silenceDeadlineMs }).catch(() => {});
  };

  return {
    beganAtMs,
    get counts() {
      return receiver?.counts ?? noSpans;
    },
    traceOf: index.traceOf,
    takeSpans: async (host) => {
      const options = { host, file: join(dir, spansFile), originMs: beganAtMs, onSpan: index.note };
      receiver = await startOtlpReceiver(options).catch((error: NodeJS.ErrnoException) => {
        // A rootless engine keeps its networks to itself. The verdict needs no spans.
        if (error.code === 'EADDRNOTAVAIL') return undefined;
        throw error;
      });
      if (closed) await receiver?.close(); // the run was interrupted while its system was starting
      return receiver?.endpoint;
    },
    sample: ({ instances }) => {
      const all = () => [...instances('api'), ...instances('worker'), ...instances('subscriber')];
      sampler = startMetricSampler({ instances: all, file: join(dir, metricsFile), now });
    },
    lastWords: async () => {
      await Promise.all([silence(), sampler?.stop(true)]);
      sampler = undefined;
    },
    close: async () => {
      closed = true;
      await sampler?.stop(false);
      await receiver?.close();
    },
  };
}
