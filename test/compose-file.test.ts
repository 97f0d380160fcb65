// compose.yaml as data: what Docker Compose itself would take, but nobody should give it. Whether it runs is in containers.test.ts.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { apiSchema, subscriberSchema, telemetrySchema, workerSchema } from '../services/shared/config.ts';

interface Service {
  image: string;
  restart?: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, unknown>;
  container_name?: string;
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
  healthcheck?: unknown;
  privileged?: boolean;
}

const root = resolve(import.meta.dirname, '..');
const text = readFileSync(join(root, 'compose.yaml'), 'utf8');
const file: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(text, {
  merge: true,
});
const services = Object.entries(file.services);
const ours = { api: apiSchema, worker: workerSchema, subscriber: subscriberSchema };

test('all parts are there', () => {
  const watching = ['prometheus', 'grafana', 'jaeger', 'redis-exporter'];
  expect(Object.keys(file.services).sort()).toEqual([...Object.keys(ours), 'redis', ...watching].sort());
});

test.each(
  services,
)('%s: an image that can be set, of a version; limits; a restart policy', (name, service) => {
  const [, fallback] = /^\$\{[A-Z_]+_IMAGE:-([^}]+)\}$/.exec(service.image) ?? [];
  expect(fallback).toBeDefined();
  if (!(name in ours)) expect(fallback).toMatch(/:v?\d+\.\d+/);
  expect(service.deploy?.resources?.limits).toMatchObject({
    cpus: expect.stringMatching(/^[\d.]+$/),
    memory: expect.stringMatching(/^\d+M$/),
  });
  expect(service.restart).toBe('unless-stopped');
  expect(service.privileged).toBeUndefined();
});

test.each(services)('%s: ports on loopback, volumes that exist', (_, { ports = [], volumes = [] }) => {
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/);
  for (const volume of volumes) {
    const [from, , mode] = volume.split(':');
    if (from!.startsWith('.')) expect([existsSync(join(root, from!)), mode]).toEqual([true, 'ro']);
    else expect(file.volumes).toHaveProperty([from!]);
  }
});

test('no two take the same port, and no worker takes one, for there may be many', () => {
  const ports = services
    .flatMap(([, service]) => service.ports ?? [])
    .map((port) => /:-(\d+)/.exec(port)![1]);
  expect(new Set(ports).size).toBe(ports.length);
  expect(file.services.worker!.ports).toBeUndefined();
  expect(file.services.worker!.container_name).toBeUndefined();
});

test('no secret is in it', () => {
  expect(text).not.toMatch(/(passw|secret|token|api_?key|requirepass)\w*\s*[:=]/i);
});

test.each(Object.entries(ours))('%s: every variable is a setting of it', (name, schema) => {
  const known = { ...schema.shape, ...telemetrySchema.shape };
  const { environment = {} } = file.services[name]!;
  for (const variable of Object.keys(environment)) expect(known).toHaveProperty([variable]);
  expect(environment).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318' });
});

test('Prometheus asks each service on the port that it listens on', () => {
  const config = readFileSync(join(root, 'dashboards/prometheus/prometheus.yml'), 'utf8');
  const { scrape_configs: jobs } = parse(config) as { scrape_configs: { job_name: string }[] };
  for (const name of Object.keys(ours)) {
    const port = file.services[name]!.environment!.PORT;
    const asked = JSON.stringify(jobs.find(({ job_name }) => job_name === name));
    expect(asked).toMatch(new RegExp(`"${name}:${port}"|"names":\\["${name}"\\].*"port":${port}\\b`));
  }
});

test('the trace store listens where the services send, and answers where Grafana asks', () => {
  const read = (name: string) => parse(readFileSync(join(root, 'dashboards', name), 'utf8'));
  const { receivers, extensions } = read('jaeger/jaeger.yaml');
  expect(receivers.otlp.protocols.http.endpoint).toBe('0.0.0.0:4318');
  expect(extensions.jaeger_query.http.endpoint).toBe('0.0.0.0:16686');
  const { datasources } = read('provisioning/datasources/datasources.yml') as {
    datasources: { url: string }[];
  };
  expect(datasources.map(({ url }) => url)).toContain('http://jaeger:16686');
});
