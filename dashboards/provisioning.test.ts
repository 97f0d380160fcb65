// The provisioning files are what Grafana's own readers take (unknown fields are refused here, which Grafana would pass over in
// silence), and the names by which they, the dashboards, the traces and Prometheus' configuration know each other match.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { dashboardJsons, dashboardsDir, readYaml } from './testing/inventory.ts';

const uid = z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/);

const datasourcesSchema = z.strictObject({
  apiVersion: z.literal(1),
  datasources: z.array(
    z.strictObject({
      name: z.string().min(1),
      uid,
      type: z.enum(['prometheus', 'jaeger']),
      access: z.literal('proxy'),
      url: z.url({ protocol: /^http$/ }),
      isDefault: z.boolean().optional(),
      editable: z.boolean(),
      jsonData: z.union([
        z.strictObject({
          httpMethod: z.enum(['GET', 'POST']),
          prometheusType: z.literal('Prometheus'),
          timeInterval: z.string().regex(/^\d+s$/),
          manageAlerts: z.boolean(),
          exemplarTraceIdDestinations: z.array(z.strictObject({ name: z.string(), datasourceUid: uid })),
        }),
        z.strictObject({
          nodeGraph: z.strictObject({ enabled: z.boolean() }),
          tracesToMetrics: z.strictObject({
            datasourceUid: uid,
            spanStartTimeShift: z.string().regex(/^-?\d+[smh]$/),
            spanEndTimeShift: z.string().regex(/^-?\d+[smh]$/),
            queries: z.array(z.strictObject({ name: z.string(), query: z.string() })),
          }),
        }),
      ]),
    }),
  ),
});

const providersSchema = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string().min(1),
      orgId: z.literal(1),
      folder: z.string().min(1),
      folderUid: uid,
      type: z.literal('file'),
      disableDeletion: z.boolean(),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: z.number().int().positive(),
      options: z.strictObject({ path: z.string().startsWith('/') }),
    }),
  ),
});

const { datasources } = datasourcesSchema.parse(readYaml('provisioning/datasources/datasources.yml'));
const { providers } = providersSchema.parse(readYaml('provisioning/dashboards/dashboards.yml'));
const prometheus = readYaml('prometheus/prometheus.yml') as {
  global: { scrape_interval: string; scrape_timeout: string };
  scrape_configs: {
    job_name: string;
    static_configs?: { targets: string[] }[];
    dns_sd_configs?: { names: string[]; type: string; port: number }[];
  }[];
};

test('Grafana looks into exactly these folders, and reads only what ends in .yml', () => {
  const files = readdirSync(join(dashboardsDir, 'provisioning'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('.yml')).sort()).toEqual([
    'dashboards/dashboards.yml',
    'datasources/datasources.yml',
  ]);
  expect(files).toContain('alerting');
});

describe('names match', () => {
  const uids = datasources.map((one) => one.uid);

  test('data sources have uids of their own, which dashboards and links use', () => {
    expect(uids).toEqual(['prometheus', 'jaeger']);
    expect(datasources.filter(({ isDefault }) => isDefault).map((one) => one.uid)).toEqual(['prometheus']);
    const linked = JSON.stringify(datasources).matchAll(/"datasourceUid":"([^"]+)"/g);
    expect([...linked].map(([, to]) => to).sort()).toEqual(['jaeger', 'prometheus']);
  });

  test('the variable of each dashboard begins with a data source that there is, by uid and name', () => {
    const [source] = datasources;
    for (const { templating } of dashboardJsons) {
      expect(templating.list[0]!.current).toMatchObject({ value: source!.uid, text: source!.name });
    }
  });

  test('dashboards have uids of their own, which no folder has', () => {
    const all = [...dashboardJsons.map((one) => one.uid), ...providers.map(({ folderUid }) => folderUid)];
    expect(new Set(all).size).toBe(all.length);
  });

  test('Grafana reckons with the interval at which Prometheus scrapes', () => {
    const [{ jsonData }] = datasources as [(typeof datasources)[number]];
    expect(jsonData).toMatchObject({ timeInterval: prometheus.global.scrape_interval });
  });

  test('Prometheus scrapes each service at the port that is its default', () => {
    const targets = prometheus.scrape_configs.map(({ job_name, static_configs, dns_sd_configs }) => [
      job_name,
      ...(static_configs ?? []).flatMap((one) => one.targets),
      ...(dns_sd_configs ?? []).flatMap(({ names, type, port }) =>
        names.map((name) => `${type} ${name}:${port}`),
      ),
    ]);
    expect(targets).toEqual([
      ['api', 'api:3000'],
      ['worker', 'A worker:3001'],
      ['subscriber', 'subscriber:3002'],
      ['redis-exporter', 'redis-exporter:9121'],
      ['harness', 'host.docker.internal:9464'],
    ]);
  });
});

test('nothing in the files is taken by Grafana for a variable of its environment', () => {
  expect(JSON.stringify({ datasources, providers })).not.toContain('$');
});
