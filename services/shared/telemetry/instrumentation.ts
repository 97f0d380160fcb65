// `node --import ./services/shared/telemetry/instrumentation.ts services/<service>/main.ts`: spans are made and sent from the
// service's first moment on. Without a collector's address (OTEL_EXPORTER_OTLP_ENDPOINT) nothing is loaded and nothing costs
// time. Metrics are not its business: /metrics has them.

import { basename, dirname } from 'node:path';
import { loadConfig, telemetrySchema } from '../config.ts';

try {
  const config = loadConfig(telemetrySchema);
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) {
    const service = config.OTEL_SERVICE_NAME ?? basename(dirname(process.argv[1] ?? 'judge/main.ts'));
    const { startTracing } = await import('./start-tracing.ts');
    startTracing({
      endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      service,
      instance: config.SERVICE_NAME ?? `${service}-${process.pid}`,
    });
  }
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(64);
}
