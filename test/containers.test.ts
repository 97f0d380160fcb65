// Containers, on a real Docker engine: Redis in one under the same faults as a binary, the services' image, and compose.yaml, of
// which Redis and the services can be started. The images are made here. Where no engine can be had, all is skipped.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Claim } from '../harness/claim.ts';
import restart from '../harness/claims/fault/redis-restart-under-load.ts';
import { laboratory } from '../harness/sight/laboratory.ts';
import { smallKill } from '../harness/sight/small-claims.ts';
import { isTombstone, type Span } from '../harness/span.ts';
import { runLabel } from '../harness/system/labelled.ts';
import { freePort } from '../harness/system/ports.ts';
import { RedisRefusedError, redisServer } from '../harness/system/redis-server.ts';
import { type OwnRedis, programOf } from '../harness/system/redis-source.ts';
import type { MetricSample } from '../harness/telemetry/metric-sampler.ts';
import { type Compose, findCompose } from '../harness/toolchain/compose.ts';
import type { Engine } from '../harness/toolchain/docker.ts';
import { waitUntil } from '../harness/wait.ts';
import { watchers } from '../harness/workload/watchers.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { imageSettings, makeRedisImage, makeServicesImage, redisImage, servicesImage } from './images.ts';
import { upStack, verdictOf } from './stack.ts';

const root = resolve(import.meta.dirname, '..');

const here: TestEngine | Error = await startEngine().catch((error: Error) => error);
afterAll(() => (here instanceof Error ? undefined : here.stop()));
const without = here instanceof Error ? here.message : undefined;
// For `--system compose` on the command line, too.
Object.assign(process.env, imageSettings);
const compose = await findCompose(root, process.env).catch((error: Error) => error);
if (without) console.log(`containers are not tried: ${without}`);

describe.skipIf(without)(`containers${without ? ` (skipped: ${without})` : ''}`, () => {
  const { engine } = here as { engine: Engine };
  const lab = laboratory();
  let redis: OwnRedis;

  beforeAll(async () => {
    const version = await makeRedisImage(engine);
    redis = { kind: 'docker', image: redisImage, engine, version };
  }, 120_000);

  test('Redis in a container: killed, paused, ended, started again on its data; its tools; what it refuses', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'redproof-container-'));
    lab.deadMan.registerDirectory(dir);
    const settings = { appendonly: 'yes', appendfsync: 'always', save: '' };
    const options = {
      program: programOf(redis),
      name: 'redis',
      dir,
      logFile: join(dir, 'redis.log'),
      settings,
    };
    const server = await redisServer(options, lab.deadMan);
    const runId = await server.runId();
    await server.pause();
    await expect(server.runId()).rejects.toThrow();
    await server.resume();
    expect(await server.runId()).toBe(runId);

    expect(await server.kill()).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(server.alive()).toBe(false);
    await server.restart();
    expect(await server.runId()).not.toBe(runId);
    expect(await server.terminate()).toMatchObject({ code: 0, signal: null });
    const manifest = join(dir, 'appendonlydir/appendonly.aof.manifest');
    expect(await server.tool('redis-check-aof', [manifest])).toContain('valid');
    await expect(server.tool('redis-check-aof', [join(dir, 'none')])).rejects.toThrow('redis-check-aof');
    const refused = await server.restart({ appendfsync: 'sometimes' }).catch((error) => error);
    expect(refused).toBeInstanceOf(RedisRefusedError);
    expect(refused.said.join()).toContain('appendfsync');
    await server.restart();
    await server.stop();
    expect(await ofRun(lab.deadMan.token)).toEqual([]);
  });

  test('--redis docker: a worker is killed, and nothing is lost', async () => {
    const { result, arms } = await lab.run(smallKill, { redis });
    expect(result.verdict, result.why).toBe('held');
    expect(arms.claim!.faults).toMatchObject([{ kind: 'worker-kill', landed: true }]);
    expect(await ofRun(lab.deadMan.token)).toEqual([]);
  });

  test('--redis docker on the command line: a claim is held, and results.json says on what', async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'redproof-runs-'));
    lab.deadMan.registerDirectory(outDir);
    const run = await chaos(
      '--redis',
      `docker:${redisImage}`,
      '--claim',
      'queue/fifo',
      '--json',
      '--out',
      outDir,
    );
    const { run: about, claims } = JSON.parse(run.stdout);
    expect(about.redis).toEqual({ version: redis.version, provider: 'docker', image: redisImage });
    expect(claims[0].verdict, claims[0].why).toBe('held');
    expect(run.exitCode).toBe(0);
  }, 120_000);

  test('SIGKILL of the harness: its container goes too', async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'redproof-runs-'));
    lab.deadMan.registerDirectory(outDir);
    const harness = chaos('--redis', `docker:${redisImage}`, '--claim', restart.id, '--out', outDir);
    const containers = () => ofRun();
    await waitUntil(async () => (await containers()).length > 0, { what: 'a container', deadlineMs: 30_000 });
    harness.kill('SIGKILL');
    await harness;
    await waitUntil(async () => (await containers()).length === 0, { what: 'its end', deadlineMs: 10_000 });
  });

  test.each([
    ['docker:Foo Bar', '"Foo Bar" is no name of a Docker image; expected one such as redis:8'],
    ['docker:', '"" is no name of a Docker image'],
    ['docker:redproof-local.invalid/none:test', 'redproof-local.invalid/none:test cannot be pulled: '],
  ])('--redis %s is one line and 64', async (flag, said) => {
    const { exitCode, stderr } = await chaos('--redis', flag, '--claim', restart.id);
    expect(stderr).toContain(said);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(64);
  });

  describe('the image of the services', () => {
    beforeAll(() => makeServicesImage(engine), 240_000);

    test('holds what production needs, and runs as nobody special', async () => {
      const { Config } = await engine.docker.getImage(servicesImage).inspect();
      expect(Config.User).toBe('1000:1000');
      expect(Config.Healthcheck?.Test?.[0]).toBe('CMD');
      const script = 'ls node_modules; ls services/api; id -u';
      const listed = await output(engine, ['sh', '-c', script]);
      expect(listed).toContain('express');
      expect(listed).not.toContain('vitest');
      expect(listed.trim().split('\n').at(-1)).toBe('1000');
    });

    test('an API of it is ready, on a Redis in a container', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'redproof-container-'));
      lab.deadMan.registerDirectory(dir);
      const server = await redisServer(
        {
          program: programOf(redis),
          name: 'redis',
          dir,
          logFile: join(dir, 'redis.log'),
          settings: { save: '' },
        },
        lab.deadMan,
      );
      const port = await freePort();
      const container = await engine.docker.createContainer({
        Image: servicesImage,
        Env: [`REDIS_URL=${server.url}`, `PORT=${port}`],
        Labels: { [runLabel]: lab.deadMan.token },
        HostConfig: { NetworkMode: 'host' },
      });
      try {
        await container.start();
        await waitUntil(
          async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok,
          { what: 'the API to be ready', deadlineMs: 20_000, everyMs: 50 },
        );
      } finally {
        await container.remove({ force: true });
        await server.stop();
      }
    }, 60_000);

    test('an unknown service ends at once', async () => {
      expect(await output(engine, undefined, ['nosuch'])).toContain('nosuch');
    });

    const noCompose = compose instanceof Error ? compose.message : undefined;
    describe.skipIf(noCompose)(`compose.yaml${noCompose ? ` (skipped: ${noCompose})` : ''}`, () => {
      test('up --scale worker=2: all are healthy, and a submission is judged', async () => {
        const { deadMan, outDir } = lab;
        const stack = await upStack(compose as Compose, engine, deadMan, outDir, ['--scale', 'worker=2']);
        try {
          expect(await verdictOf(stack.api)).toBe('AC');
          expect(new Set(await stack.workerNames()).size).toBe(2);
        } finally {
          await stack.down();
        }
        expect(await ofRun(deadMan.token)).toEqual([]);
      }, 200_000);

      test('docker compose config takes the file as it is', async () => {
        const { services } = JSON.parse(await (compose as Compose).run(['config', '--format', 'json']));
        expect(Object.keys(services)).toEqual(expect.arrayContaining(['redis', 'api', 'worker', 'grafana']));
      });

      test('--system compose: a container is killed, and nothing is lost; its story is told; then nothing is left', async () => {
        const stack = { compose: compose as Compose, engine, redisImage };
        const { result, arms, dir } = await lab.run(watchedKill, { redis, stack });
        expect(result.verdict, result.why).toBe('held');
        const [killed] = arms.claim!.faults;
        expect(killed).toMatchObject({ kind: 'worker-kill', landed: true });
        expect(await ofRun(lab.deadMan.token)).toEqual([]);

        const traces = result.traces!;
        expect(traces.spans).toBeGreaterThan(0);
        const stored = (file: string) => linesOf(join(dir, traces.dir, file));
        const spans = stored('spans.ndjson') as Span[];
        expect(traces).toMatchObject({ spans: spans.length, spansLeftOut: 0, spanRequestsRefused: 0 });
        const services = new Set(['api', 'worker', 'subscriber']);
        expect(new Set(spans.map(({ service }) => service))).toEqual(services);
        const samples = stored('metrics.ndjson') as MetricSample[];
        expect(new Set(samples.map(({ instance }) => instance.replace(/-\d+$/, '')))).toEqual(services);
        expect(traces.jobs.redelivered).toBeGreaterThan(0);
        for (const { traceId } of traces.listed) {
          const story = spans.filter(({ trace }) => trace === traceId);
          expect(story.filter(isTombstone)).toHaveLength(1);
          expect(new Set(story.map(({ service }) => service))).toEqual(services);
        }
      }, 120_000);

      test('SIGKILL of the harness: all containers, the network and the volume go too', async () => {
        const outDir = mkdtempSync(join(tmpdir(), 'redproof-runs-'));
        lab.deadMan.registerDirectory(outDir);
        const args = ['--system', 'compose', '--claim', 'fault/worker-kill-reliable-list', '--out', outDir];
        const harness = chaos(...args);
        await waitUntil(async () => (await ofRun()).length >= 4, { what: 'containers', deadlineMs: 60_000 });
        harness.kill('SIGKILL');
        await harness;
        await waitUntil(async () => (await ofRun()).length === 0, { what: 'their end', deadlineMs: 15_000 });
      }, 120_000);
    });
  });

  /** Containers, networks and volumes of runs that are still there. */
  async function ofRun(token?: string): Promise<string[]> {
    const filters = { label: [token === undefined ? runLabel : `${runLabel}=${token}`] };
    const containers = await engine.docker.listContainers({ all: true, filters });
    const networks = await engine.docker.listNetworks({ filters });
    const { Volumes } = await engine.docker.listVolumes({ filters });
    return [...[...containers, ...networks].map(({ Id }) => Id), ...(Volumes ?? []).map(({ Name }) => Name)];
  }
});

/** The small kill with somebody who watches, so that every service has something to tell. */
const watchedKill: Claim = {
  ...smallKill,
  experiment: (random) => {
    const { system, ...rest } = smallKill.experiment(random);
    const workload = watchers(random, { browsers: 2, count: 60, ratePerSecond: 40, jobMs: [20, 60] });
    return { ...rest, system: { ...system, subscribers: 1 }, workload };
  },
};

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

function chaos(...args: string[]) {
  return execa(process.execPath, [join(root, 'harness/cli.ts'), ...args], {
    cwd: root,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
  });
}

/** What a container of the services' image prints until it ends. */
async function output({ docker }: Engine, entrypoint?: string[], command: string[] = []): Promise<string> {
  const container = await docker.createContainer({
    Image: servicesImage,
    ...(entrypoint && { Entrypoint: entrypoint }),
    Cmd: command,
    Tty: true,
  });
  try {
    await container.start();
    await container.wait();
    return (await container.logs({ stdout: true, stderr: true })).toString();
  } finally {
    await container.remove({ force: true });
  }
}
