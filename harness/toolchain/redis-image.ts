// Is this Docker image a Redis (or Valkey) that will do: can it be had, does its redis-server run, is it new enough. No server is
// started.

import { PassThrough } from 'node:stream';
import { type Engine, engineSays, provideImage } from './docker.ts';
import { atLeast, redisFloor } from './redis-version.ts';

export const defaultRedisImage = 'redis:8';

/** What Docker takes as a name, roughly: registry and path in lower case, a tag, a digest. */
const imageName = /^[a-z0-9][a-z0-9._:/-]*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;
const examples = `such as ${defaultRedisImage}, redis:7 or valkey/valkey:8`;

/** @returns its version @throws {Error} one line that names the image, what is wrong with it and what would be right */
export async function inspectRedisImage(
  image: string,
  engine: Engine,
  say: (line: string) => void,
): Promise<string> {
  if (!imageName.test(image)) {
    throw new Error(`${JSON.stringify(image)} is no name of a Docker image; expected one ${examples}`);
  }
  await provideImage(engine, image, say);
  const said = await askVersion(image, engine).catch((error) => {
    throw new Error(
      `the Docker image ${image} runs no redis-server: ${engineSays(error)}; expected one ${examples}`,
      { cause: error },
    );
  });
  const version = /^(?:Redis|Valkey) server v=(\d+(?:\.\d+)+)/m.exec(said)?.[1];
  if (version === undefined) {
    const line = said.trim().split('\n')[0] || 'nothing';
    throw new Error(`the Docker image ${image} is no Redis: \`redis-server --version\` said: ${line}`);
  }
  if (!atLeast(version, redisFloor)) {
    throw new Error(
      `the Docker image ${image} is Redis ${version}; Redis ${redisFloor} or newer is needed, ${examples}`,
    );
  }
  return version;
}

/** It ends at once and is removed by the engine, so that nobody need look after it. */
async function askVersion(image: string, { docker }: Engine): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['redis-server'],
    Cmd: ['--version'],
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { AutoRemove: true, NetworkMode: 'none' },
  });
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const output = new PassThrough({ encoding: 'utf8' });
  docker.modem.demuxStream(stream, output, output);
  stream.on('end', () => output.end());
  await container.start();
  let said = '';
  for await (const part of output) said += part;
  return said;
}
