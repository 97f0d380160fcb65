// Finds a Docker engine that answers, as testcontainers does ($DOCKER_HOST, the usual sockets, rootless ones), and sees to it that
// an image is there. It runs no container.

import { release } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';

/** Where its API is: what the dead-man, which has no library, needs to know. */
export type EngineAddress = { socketPath: string } | { host: string; port: number };

export interface Engine {
  readonly docker: ContainerRuntimeClient['container']['dockerode'];
  readonly address: EngineAddress;
  readonly version: string;
  /** Its containers are processes of this very machine: their pids, clocks and disks are the harness's own. */
  readonly sharesKernel: boolean;
}

/** No engine: what was looked for, and how to get one. */
export class NoEngineError extends Error {}

const deadlineMs = 15_000;
const how =
  'install and start one (Debian, Ubuntu: apt install docker.io; macOS, Windows: Docker Desktop), or set DOCKER_HOST';

/** @throws {NoEngineError} one line that says how to get one */
export async function findEngine(): Promise<Engine> {
  // Loaded only when it is asked for: it takes more than a second.
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { docker, address } = await inTime(getContainerRuntimeClient())
    .then(({ container }) => ({
      docker: container.dockerode,
      address: addressOf(container.dockerode.modem as Modem),
    }))
    .catch((error: Error) => {
      throw new NoEngineError(`no Docker engine answers here (${error.message}): ${how}`, { cause: error });
    });
  const info: { ServerVersion: string; KernelVersion: string } = await docker.info();
  const sharesKernel = process.platform === 'linux' && info.KernelVersion === release();
  return { docker, address, version: info.ServerVersion, sharesKernel };
}

/** Pulls it, unless the engine has it. @throws {Error} one line, with the engine's own words */
export async function provideImage(
  engine: Engine,
  image: string,
  say: (line: string) => void,
): Promise<void> {
  if (await hasImage(engine, image)) return;
  const { docker } = engine;
  say(`the Docker image ${image} is not here: pulling it`);
  try {
    const stream = await docker.pull(image);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw new Error(`the Docker image ${image} cannot be pulled: ${engineSays(error)}`, { cause: error });
  }
}

export async function hasImage({ docker }: Engine, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw new Error(`the Docker image ${image} cannot be looked at: ${engineSays(error)}`, { cause: error });
  }
}

/** Docker's own words, without those of the library around them, on one line. */
export function engineSays(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message: string };
  const words = json?.message ?? message.replace(/^\(HTTP code \d+\) [a-z ]+ - /, '');
  return words.replaceAll(/\s+/g, ' ').trim();
}

interface Modem {
  socketPath?: string;
  host?: string;
  port?: string | number;
  protocol?: string;
}

function addressOf({ socketPath, host, port, protocol }: Modem): EngineAddress {
  if (socketPath !== undefined) return { socketPath };
  if (protocol === 'http' && host !== undefined) return { host, port: Number(port ?? 2375) };
  throw new Error(`it is at ${protocol}://${host}, and only a socket or plain TCP will do`);
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${deadlineMs} ms`));
    const timer = setTimeout(late, deadlineMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
