// The judge as containers of compose.yaml: each Redis and each service is one `docker compose run`, with the image, the limits and
// the network of the file, and with the settings, ports and names of the experiment. Every experiment has a project and a network
// of its own, and the harness takes the services' spans at its gateway. What watches (Prometheus, Grafana, …) is not started.

import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFile } from '../../services/shared/queue/load.ts';
import type { Compose } from '../toolchain/compose.ts';
import type { Engine } from '../toolchain/docker.ts';
import { type ComposeNetwork, makeNetwork } from './compose-network.ts';
import { type ContainerSpec, type ManagedContainer, manageContainer } from './container.ts';
import type { DeadMan } from './dead-man.ts';
import type { Ground } from './ground.ts';
import { runLabel } from './labelled.ts';
import { runVariable } from './proc.ts';
import { imageProgram } from './redis-program.ts';
import type { SystemSpec } from './spec.ts';

/** The compose file, with an engine that runs it and what its Redis is. */
export interface Stack {
  compose: Compose;
  engine: Engine;
  redisImage: string;
}

export interface ComposePlace {
  deadMan: DeadMan;
  projectRoot: string;
  temporaryDir: string;
}

/** Why a system cannot be made of containers of the file, and what to do about it. */
export function whyNotInContainers({ proxied, queue, disk }: SystemSpec): string | undefined {
  const instead = 'run it without --system compose';
  if (proxied.length > 0) {
    return `it breaks connections in a proxy of the harness, which the containers do not go through: ${instead}`;
  }
  if (disk !== null) {
    return 'Redis keeps its data on a disk of the harness then, not in the volume of compose.yaml: run it with --redis docker instead of --system compose';
  }
  if (isFile(queue)) return `its queue is the file ${queue}, which is not in the image: ${instead}`;
  return undefined;
}

let projects = 0;

export async function composeGround(
  { compose, engine, redisImage }: Stack,
  { deadMan, projectRoot, temporaryDir }: ComposePlace,
): Promise<Ground> {
  const project = `redproof-${deadMan.token.slice(0, 8)}-${++projects}`;
  const label = { [runLabel]: deadMan.token };
  deadMan.registerEngine(engine.address);
  const network = await makeNetwork(engine, project, label);
  const override = join(temporaryDir, 'compose.override.json');
  writeFileSync(override, JSON.stringify(overrideOf(project, label, network)));
  const files = ['-f', join(projectRoot, 'compose.yaml'), '-f', override];

  const run = async (
    { service, name, logFile }: { service: string; name: string; logFile: string },
    options: readonly string[],
    command: readonly string[],
  ): Promise<ManagedContainer> => {
    const how = ['--detach', '--no-deps', '--use-aliases', '--quiet-pull', '--name', `${project}-${name}`];
    const args = ['-p', project, ...files, 'run', ...how, '--label', `${runLabel}=${deadMan.token}`];
    const id = await compose.run([...args, ...options, service, ...command], {
      [runVariable]: deadMan.token,
    });
    return manageContainer(id.trim().split('\n').at(-1)!, { name, logFile }, engine);
  };
  const variables = (env: Record<string, string>) =>
    Object.entries({ ...env, [runVariable]: deadMan.token }).flatMap((pair) => ['--env', pair.join('=')]);
  const published = (port: number) => ['--publish', `127.0.0.1:${port}:${port}`];
  const mounted = (dir: string) => ['--volume', `${dir}:${dir}`];

  let starts = 0;
  const startRedis = ({ name, command, dirs = [], port, logFile }: ContainerSpec) => {
    const [program, ...args] = command;
    const user = process.getuid && ['--user', `${process.getuid()}:${process.getgid!()}`];
    const options = [...(user ?? []), ...published(port!), ...dirs.flatMap(mounted), ...variables({})];
    const start = { service: 'redis', name: `${name}-${++starts}`, logFile };
    return run(start, [...options, '--entrypoint', program!], args);
  };

  return {
    harnessHost: network.gateway,
    program: () => imageProgram(redisImage, engine, startRedis),
    redisUrl: (url) => {
      const inside = new URL(url);
      inside.hostname = 'redis';
      return inside.href;
    },
    launch: ({ service, name, port, env, logFile }) => {
      const { LEDGER_FILE: ledger } = env;
      const options = [...published(port), ...variables({ ...env, PORT: String(port) })];
      if (ledger !== undefined) {
        // The image's user is not the harness's, and each of them writes a file of its own.
        chmodSync(dirname(ledger), 0o777);
        options.push(...mounted(dirname(ledger)));
      }
      return run({ service, name, logFile }, options, []);
    },
    close: async () => {
      await network.remove().catch(() => {}); // whatever is left is the dead-man's
      await engine.docker
        .getVolume(`${project}_redis-data`)
        .remove()
        .catch(() => {});
    },
  };
}

function overrideOf(
  project: string,
  labels: Record<string, string>,
  { override }: ComposeNetwork,
): Record<string, unknown> {
  // The harness itself sees how its containers are, and says where spans go: null takes the file's collector away.
  const unwatched = { healthcheck: { disable: true } };
  const service = { ...unwatched, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: null } };
  return {
    services: {
      redis: { ...unwatched, ...override.redis },
      api: { ...service, ...override.api },
      worker: { ...service, ...override.worker },
      subscriber: { ...service, ...override.subscriber },
    },
    networks: { default: { name: project, external: true } },
    volumes: { 'redis-data': { labels } },
  };
}
