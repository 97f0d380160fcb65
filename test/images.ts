// The images that the container tests need, made here of this machine's programs: Redis, Node, and the services' own from the
// Dockerfile on top of that.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import type { Engine } from '../harness/toolchain/docker.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';
import { makeLocalImage } from './local-image.ts';

const root = resolve(import.meta.dirname, '..');
const nodeImage = 'redproof-local/node:test';
export const redisImage = 'redproof-local/redis:test';
export const servicesImage = 'redproof-local/services:test';

/** By which compose.yaml takes them. */
export const imageSettings = { REDIS_IMAGE: redisImage, SERVICES_IMAGE: servicesImage };

/** @returns the version of Redis in it */
export async function makeRedisImage(engine: Engine): Promise<string> {
  const { path, env, version } = await provideRedis({ root, env: process.env, say: () => {} });
  const libraryPath = env.LD_LIBRARY_PATH;
  // All are the server under another name, but for the client.
  const programs: Record<string, string> = Object.fromEntries(
    ['redis-server', 'redis-check-aof'].map((name) => [`/usr/bin/${name}`, path]),
  );
  const client = join(dirname(path), 'redis-cli');
  if (existsSync(client)) programs['/usr/bin/redis-cli'] = client;
  await makeLocalImage({ name: redisImage, programs, libraryPath }, engine);
  return version;
}

/** From the Dockerfile, as Docker would, but for its base image. */
export async function makeServicesImage(engine: Engine): Promise<void> {
  await makeNodeImage(engine);
  const context = ['Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'services'];
  const tar = execa('tar', ['-C', root, '-c', ...context], { encoding: 'buffer', buffer: false });
  // In the machine's own network: it fetches packages.
  const options = { t: servicesImage, buildargs: { BASE_IMAGE: nodeImage }, networkmode: 'host' };
  const stream = await engine.docker.buildImage(Readable.from(tar.stdout!), options);
  await new Promise<void>((resolve, reject) => {
    engine.docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
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
