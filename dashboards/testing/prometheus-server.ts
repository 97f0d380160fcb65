// A real Prometheus and a real Redis exporter for a test, on free loopback ports, with the project's own configuration and rules.
// They die with the dead-man.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { DeadMan } from '../../harness/system/dead-man.ts';
import { freePort } from '../../harness/system/ports.ts';
import { launch } from '../../harness/system/process.ts';
import type { Monitoring } from '../../harness/toolchain/prometheus.ts';
import { waitUntil } from '../../harness/wait.ts';
import { dashboardsDir } from './inventory.ts';

export interface Sample {
  metric: Record<string, string>;
  /** Seconds since 1970, and the value as text. */
  values: [number, string][];
}

export interface PrometheusServer {
  url: string;
  /** @throws {Error} with Prometheus' own words if it does not take the query */
  query(expr: string): Promise<Sample[]>;
  /** From `startSeconds` until now, a point each two seconds. */
  range(expr: string, startSeconds: number): Promise<Sample[]>;
  labelValues(label: string, series: string): Promise<string[]>;
}

interface Answer<T> {
  status: string;
  data: T;
  error?: string;
}

interface PrometheusConfig {
  rule_files: string[];
  scrape_configs: { job_name: string; static_configs?: { targets: string[] }[]; dns_sd_configs?: unknown }[];
}

/**
 * @param targets host and port of each instance, by job; every job of prometheus.yml is wanted
 * @param dir everything goes there
 */
export async function startPrometheus(
  { prometheus }: Pick<Monitoring, 'prometheus'>,
  targets: Readonly<Record<string, string[]>>,
  dir: string,
  deadMan: DeadMan,
): Promise<PrometheusServer> {
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'prometheus.yml');
  writeFileSync(config, configFor(targets, dir));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = launch(
    {
      name: 'prometheus',
      command: prometheus.path,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
      env: prometheus.env,
      logFile: join(dir, 'prometheus.log'),
    },
    deadMan,
  );
  await untilAnswers(`${url}/-/ready`, 'Prometheus', () => server.alive());

  const ask = async <T>(path: string, parameters: Record<string, string>): Promise<T> => {
    const reply = await fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const answer = (await reply.json()) as Answer<T>;
    if (answer.status !== 'success') throw new Error(`${parameters.query}: ${answer.error}`);
    return answer.data;
  };
  return {
    url,
    query: async (query) => {
      const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
        'query',
        { query },
      );
      return result.map(({ metric, value }) => ({ metric, values: [value] }));
    },
    range: async (query, startSeconds) => {
      const window = { start: String(startSeconds), end: String(Date.now() / 1000), step: '2' };
      return (await ask<{ result: Sample[] }>('query_range', { query, ...window })).result;
    },
    labelValues: async (label, series) => {
      const match = new URLSearchParams({ 'match[]': series });
      const reply = await fetch(`${url}/api/v1/label/${label}/values?${match}`);
      return ((await reply.json()) as Answer<string[]>).data;
    },
  };
}

/** @returns host and port of its /metrics */
export async function startRedisExporter(
  { redisExporter }: Pick<Monitoring, 'redisExporter'>,
  redisUrl: string,
  dir: string,
  deadMan: DeadMan,
): Promise<string> {
  const target = `127.0.0.1:${await freePort()}`;
  const exporter = launch(
    {
      name: 'redis-exporter',
      command: redisExporter.path,
      args: ['--redis.addr', redisUrl, '--web.listen-address', target],
      env: redisExporter.env,
      logFile: join(dir, 'redis-exporter.log'),
    },
    deadMan,
  );
  await untilAnswers(`http://${target}/metrics`, 'the Redis exporter', () => exporter.alive());
  return target;
}

/** The project's configuration with these addresses in it, and its rules without intervals of their own: so often as all others. */
function configFor(targets: Readonly<Record<string, string[]>>, dir: string): string {
  const config = parse(
    readFileSync(join(dashboardsDir, 'prometheus/prometheus.yml'), 'utf8'),
  ) as PrometheusConfig;
  for (const scrape of config.scrape_configs) {
    const own = targets[scrape.job_name];
    if (own === undefined) throw new Error(`no target for job ${scrape.job_name}`);
    delete scrape.dns_sd_configs;
    scrape.static_configs = [{ targets: own }];
  }
  config.rule_files = config.rule_files.map((file, index) => {
    const text = readFileSync(join(dashboardsDir, 'prometheus', file), 'utf8');
    const copy = join(dir, `rules-${index}.yml`);
    writeFileSync(copy, text.replaceAll(/^ {4}interval: .*\n/gm, ''));
    return copy;
  });
  return stringify(config);
}

async function untilAnswers(url: string, what: string, alive: () => boolean): Promise<void> {
  const answers = async () => {
    if (!alive()) throw new Error(`${what} ended before it answered`);
    return (await fetch(url).catch(() => undefined))?.ok;
  };
  await waitUntil(answers, { what: `${what} to answer`, deadlineMs: 30_000, everyMs: 50 });
}
