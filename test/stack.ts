// `docker compose up` of what compose.yaml can bring where no registry is reachable: Redis and the services, on images made here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeNetwork } from '../harness/system/compose-network.ts';
import type { DeadMan } from '../harness/system/dead-man.ts';
import { runLabel } from '../harness/system/labelled.ts';
import { freePort } from '../harness/system/ports.ts';
import type { Compose } from '../harness/toolchain/compose.ts';
import type { Engine } from '../harness/toolchain/docker.ts';
import { waitUntil } from '../harness/wait.ts';
import { imageSettings } from './images.ts';

export interface UpStack {
  /** The URL of its API. */
  api: string;
  workerNames(): Promise<string[]>;
  down(): Promise<void>;
}

let projects = 0;

/** Up, every healthcheck of the file passed, and the API ready. @param dir for a file that makes all of it the dead-man's */
export async function upStack(
  { run }: Compose,
  engine: Engine,
  deadMan: DeadMan,
  dir: string,
  options: string[],
): Promise<UpStack> {
  const project = `redproof-test-${process.pid}-${++projects}`;
  const labels = { [runLabel]: deadMan.token };
  deadMan.registerEngine(engine.address);
  const network = await makeNetwork(engine, project, labels);
  const services = Object.entries(network.override).map(([name, part]) => [name, { ...part, labels }]);
  const override = join(dir, `${project}.json`);
  const text = {
    services: Object.fromEntries(services),
    networks: { default: { name: project, external: true } },
    volumes: { 'redis-data': { labels } },
  };
  mkdirSync(dir, { recursive: true });
  writeFileSync(override, JSON.stringify(text));
  const [api, subscriber] = [await freePort(), await freePort()];
  const settings = { ...imageSettings, API_PORT: String(api), SUBSCRIBER_PORT: String(subscriber) };
  const composed = (...args: string[]) =>
    run(['-p', project, '-f', 'compose.yaml', '-f', override, ...args], settings, 110_000);
  const down = async () => {
    await composed('down', '--volumes', '--timeout', '1');
    await network.remove();
  };
  const url = `http://127.0.0.1:${api}`;
  try {
    await composed('up', '--detach', '--no-build', '--wait', ...options, ...Object.keys(network.override));
    await waitUntil(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, {
      what: 'the API to be ready',
      deadlineMs: 20_000,
    });
  } catch (error) {
    await down();
    throw error;
  }
  const workerNames = async () => {
    const logged = await composed('logs', '--no-log-prefix', 'worker');
    return [...logged.matchAll(/"name":"(worker-\w+)"/g)].map(([, name]) => name!);
  };
  return { api: url, workerNames, down };
}

/** Of a program that is right, submitted there. */
export async function verdictOf(api: string): Promise<string> {
  const sent = await fetch(`${api}/submissions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      problemId: 'sum-two',
      language: 'javascript',
      code: 'function solve([a, b]) { return a + b; }',
    }),
  });
  expect(sent.status).toBe(202);
  const { id } = (await sent.json()) as { id: string };
  const look = async () => {
    const seen = (await (await fetch(`${api}/submissions/${id}`)).json()) as {
      state: string;
      verdict: string;
    };
    return seen.state === 'done' ? seen : undefined;
  };
  return (await waitUntil(look, { what: 'the verdict', deadlineMs: 20_000 })).verdict;
}
