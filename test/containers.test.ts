// Containers, on a real Docker engine: Redis in one under the same faults as a binary, and the services' image. The images are made here, of this machine's programs. Where no engine can be had, all is skipped.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import restart from '../harness/claims/fault/redis-restart-under-load.ts';
import { laboratory } from '../harness/sight/laboratory.ts';
import { smallKill } from '../harness/sight/small-claims.ts';
import { runLabel } from '../harness/system/labelled.ts';
import { freePort } from '../harness/system/ports.ts';
import { RedisRefusedError, redisServer } from '../harness/system/redis-server.ts';
import { type OwnRedis, programOf } from '../harness/system/redis-source.ts';
import type { Engine } from '../harness/toolchain/docker.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';
import { waitUntil } from '../harness/wait.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { makeLocalImage } from './local-image.ts';

const root = resolve(import.meta.dirname, '..');
const [redisImage, nodeImage, servicesImage] = ['redis', 'node', 'services'].map(
  (name) => `redproof-local/${name}:test`,
) as [string, string, string];

const here: TestEngine | Error = await startEngine().catch((error: Error) => error);
afterAll(() => (here instanceof Error ? undefined : here.stop()));
const without = here instanceof Error ? here.message : undefined;
if (without) console.log(`containers are not tried: ${without}`);

describe.skipIf(without)(`containers${without ? ` (skipped: ${without})` : ''}`, () => {
  const { engine } = here as { engine: Engine };
  const lab = laboratory();
  let redis: OwnRedis;

  beforeAll(async () => {
    const { path, env, version } = await provideRedis({ root, env: process.env, say: () => {} });
    const libraryPath = env.LD_LIBRARY_PATH;
    // All are the server under another name, but for the client.
    const programs: Record<string, string> = Object.fromEntries(
      ['redis-server', 'redis-check-aof'].map((name) => [`/usr/bin/${name}`, path]),
    );
    const client = join(dirname(path), 'redis-cli');
    if (existsSync(client)) programs['/usr/bin/redis-cli'] = client;
    await makeLocalImage({ name: redisImage, programs, libraryPath }, engine);
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
    beforeAll(async () => {
      await makeNodeImage(engine);
      const context = [
        'Dockerfile',
        '.dockerignore',
        '.npmrc',
        'package.json',
        'package-lock.json',
        'services',
      ];
      const tar = execa('tar', ['-C', root, '-c', ...context], { encoding: 'buffer', buffer: false });
      // In the machine's own network: it fetches packages.
      const options = { t: servicesImage, buildargs: { BASE_IMAGE: nodeImage }, networkmode: 'host' };
      const stream = await engine.docker.buildImage(Readable.from(tar.stdout!), options);
      await new Promise<void>((resolve, reject) => {
        engine.docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
      });
    }, 240_000);

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
  });

  /** Containers and networks of runs that are still there. */
  async function ofRun(token?: string): Promise<string[]> {
    const filters = { label: [token === undefined ? runLabel : `${runLabel}=${token}`] };
    const containers = await engine.docker.listContainers({ all: true, filters });
    const networks = await engine.docker.listNetworks({ filters });
    return [...containers, ...networks].map(({ Id }) => Id);
  }
});

function chaos(...args: string[]) {
  return execa(process.execPath, [join(root, 'harness/cli.ts'), ...args], {
    cwd: root,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
  });
}

/** Node as a base image, with npm, and with the certificates that this machine trusts. */
async function makeNodeImage(engine: Engine): Promise<void> {
  const { stdout: modules } = await execa('npm', ['root', '--global']);
  const dir = mkdtempSync(join(tmpdir(), 'redproof-npm-'));
  const npm = join(dir, 'npm');
  const cli = '/usr/local/lib/node_modules/npm/bin/npm-cli.js';
  writeFileSync(npm, `#!/bin/sh\nexec node ${cli} "$@"\n`, { mode: 0o755 });
  const trusted = '/etc/ssl/certs/ca-certificates.crt';
  try {
    await makeLocalImage(
      {
        name: nodeImage,
        programs: { '/usr/local/bin/node': process.execPath },
        files: {
          '/usr/local/lib/node_modules/npm': join(modules, 'npm'),
          '/usr/local/bin/npm': npm,
          ...(existsSync(trusted) && { [trusted]: trusted }),
        },
        env: { NODE_EXTRA_CA_CERTS: trusted },
      },
      engine,
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
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
