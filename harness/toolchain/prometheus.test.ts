// Prometheus, promtool and the Redis exporter are found where the rules say, or come from the distribution's packages; what
// will not do is refused with its path and version.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openApt } from './apt.ts';
import { provideMonitoring } from './prometheus.ts';

const dir = mkdtempSync(join(tmpdir(), 'monitoring-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const tempDir = () => mkdtempSync(join(dir, 'x-'));

/** A program that answers `--version` as told. */
function fake(where: string, name: string, answer: string): string {
  const path = join(where, name);
  mkdirSync(where, { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const prometheusSays = 'prometheus, version 3.5.0 (branch: HEAD, revision: 8be3a9)';
const promtoolSays = 'promtool, version 3.5.0 (branch: HEAD, revision: 8be3a9)';
const exporterSays = 'level=info msg="Redis Metrics Exporter v1.80.1    build date: 2026-01-01"';

const said: string[] = [];
const provide = (env: Record<string, string>, root = tempDir()) => {
  said.length = 0;
  return provideMonitoring({ root, env, say: (line) => void said.push(line) });
};

test('on the PATH, the exporter under the name that it has upstream', async () => {
  const path = tempDir();
  const prometheus = fake(path, 'prometheus', prometheusSays);
  const promtool = fake(path, 'promtool', promtoolSays);
  const redisExporter = fake(path, 'redis_exporter', exporterSays);
  expect(await provide({ PATH: path })).toEqual({
    prometheus: { path: prometheus, env: {}, version: '3.5.0', from: `PATH (${prometheus})` },
    promtool: { path: promtool, env: {}, version: '3.5.0', from: `PATH (${promtool})` },
    redisExporter: { path: redisExporter, env: {}, version: '1.80.1', from: `PATH (${redisExporter})` },
  });
});

test('those that variables name come before', async () => {
  const [path, own] = [tempDir(), tempDir()];
  fake(path, 'prometheus', prometheusSays);
  fake(path, 'promtool', promtoolSays);
  const PROMETHEUS = fake(own, 'my-prometheus', 'prometheus, version 2.53.1 (x)');
  const PROMTOOL = fake(own, 'my-promtool', 'promtool, version 2.53.1 (x)');
  const REDIS_EXPORTER = fake(own, 'my-exporter', exporterSays);
  const found = await provide({ PATH: path, PROMETHEUS, PROMTOOL, REDIS_EXPORTER });
  expect(Object.values(found).map(({ from, version }) => [from, version])).toEqual([
    ['PROMETHEUS', '2.53.1'],
    ['PROMTOOL', '2.53.1'],
    ['REDIS_EXPORTER', '1.80.1'],
  ]);
});

test('one that is too old, that is missing, or that is something else is refused', async () => {
  const old = fake(tempDir(), 'prometheus', 'prometheus, version 2.31.2 (x)');
  await expect(provide({ PROMETHEUS: old })).rejects.toThrow(
    `${old} is Prometheus 2.31.2; Prometheus 2.42 or newer is needed`,
  );
  await expect(provide({ PROMETHEUS: '/nowhere/prometheus' })).rejects.toThrow(
    'PROMETHEUS=/nowhere/prometheus: /nowhere/prometheus does not exist; expected the path of a prometheus 2.42 or newer',
  );
  const PROMETHEUS = fake(tempDir(), 'prometheus', prometheusSays);
  await expect(provide({ PROMETHEUS, PROMTOOL: PROMETHEUS })).rejects.toThrow(
    `${PROMETHEUS} is not a working promtool: \`--version\` said: prometheus, version 3.5.0`,
  );
});

const hasApt = openApt(tempDir(), '/usr/bin:/bin') !== undefined;

describe.runIf(hasApt)('the Debian packages', () => {
  test('are unpacked once, and Prometheus and promtool come from one', { timeout: 180_000 }, async () => {
    const root = tempDir();
    const first = await provide({ PATH: '/nowhere' }, root);
    expect(said.filter((line) => line.includes('fetching the distribution’s package'))).toHaveLength(2);
    expect(readdirSync(join(root, '.tools')).sort()).toEqual(['prometheus', 'redis-exporter']);
    expect(first.promtool.path).toBe(join(root, '.tools/prometheus/usr/bin/promtool'));
    expect(first.promtool.from).toMatch(/^Debian package prometheus \S+, unpacked into \.tools\/prometheus$/);
    expect(await provide({ PATH: '/nowhere' }, root)).toEqual(first);
    expect(said.filter((line) => line.includes('fetching'))).toEqual([]);
  });
});
