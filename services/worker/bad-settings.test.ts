// A worker that is started with settings that cannot be: it says which, and what would be right.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

const main = new URL('./main.ts', import.meta.url).pathname;
const instrumentation = new URL('../shared/telemetry/instrumentation.ts', import.meta.url).pathname;

describe('bad settings', () => {
  test.each([
    ['REDIS_URL', 'http://x', /REDIS_URL="http:\/\/x": expected a URL/],
    ['WORKER_CONCURRENCY', '0', /WORKER_CONCURRENCY="0"/],
    ['QUEUE', 'nope', /no such adapter/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'here', /OTEL_EXPORTER_OTLP_ENDPOINT="here": expected a URL/],
  ])('%s=%s exits 64 and says why', async (name, value, message) => {
    const child = spawn(process.execPath, ['--import', instrumentation, main], {
      // Nobody is there: settings are refused before anything is connected.
      env: { REDIS_URL: 'redis://127.0.0.1:1', [name]: value },
      stdio: 'pipe',
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(64);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
