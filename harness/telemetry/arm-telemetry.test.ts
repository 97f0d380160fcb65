import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { monotonicMs } from '../../services/shared/clock.ts';
import { openTelemetry } from './arm-telemetry.ts';

const dir = mkdtempSync(join(tmpdir(), 'telemetry-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('once it is closed, nobody listens', async () => {
  const telemetry = openTelemetry(dir, monotonicMs());
  await telemetry.close();
  await expect(fetch((await telemetry.takeSpans('127.0.0.1'))!)).rejects.toThrow();
});

test('at an address that this machine does not have no spans are taken, and nothing fails', async () => {
  const telemetry = openTelemetry(dir, monotonicMs());
  expect(await telemetry.takeSpans('203.0.113.1')).toBeUndefined(); // RFC 5737: nobody's
  expect(telemetry.counts.spans).toBe(0);
  await telemetry.lastWords();
  await telemetry.close();
});

// Only Linux has more than one address on loopback without being told so.
test.runIf(process.platform === 'linux')(
  'at one that it has they are, there and nowhere else, until the end',
  async () => {
    const telemetry = openTelemetry(dir, monotonicMs());
    const endpoint = await telemetry.takeSpans('127.0.0.2');
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
    expect((await fetch(endpoint!)).status).toBe(404);
    await expect(fetch(endpoint!.replace('127.0.0.2', '127.0.0.1'))).rejects.toThrow();
    await telemetry.close();
    await expect(fetch(endpoint!)).rejects.toThrow();
  },
);
