// The accept path: POST /submissions of the API (checked, made idempotent, enqueued in Redis, answered with 202) beside
// a bare Express handler that only parses the same body. The two take turns.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import autocannon from 'autocannon';
import { freePort } from '../harness/system/ports.ts';
import { launch } from '../harness/system/process.ts';
import { binaryProgram, redisServer } from '../harness/system/redis-server.ts';
import { type Bench, median, type Place, type Row, round } from './bench.ts';

const rounds = 5;
const seconds = 3;
const connections = 32;
const body = JSON.stringify({
  problemId: 'sum-two',
  language: 'javascript',
  code: `const [a, b] = input.split(' ').map(Number);\nconsole.log(a + b); // ${'x'.repeat(80)}`,
});

export const accept: Bench = {
  name: 'accept',
  what: `requests/s of POST /submissions and of a bare Express handler (${connections} connections, ${rounds} rounds of ${seconds} s)`,
  bars: 'requestsPerSecond',
  async run(place) {
    const bare = await startBare();
    const api = await startApi(place);
    const rates = { bare: [] as number[], api: [] as number[] };
    for (const url of [bare.url, api.url]) await load(url); // warm-up
    for (let turn = 0; turn < rounds; turn++) {
      place.say(`round ${turn + 1} of ${rounds}`);
      const order = turn % 2 === 0 ? (['bare', 'api'] as const) : (['api', 'bare'] as const);
      for (const name of order) rates[name].push(await load(name === 'bare' ? bare.url : api.url));
    }
    await bare.stop();
    await api.stop();
    const ratios = rates.api.map((rate, turn) => rate / rates.bare[turn]!);
    return (['bare', 'api'] as const).map(
      (name): Row => ({
        handler: name === 'bare' ? 'bare Express' : 'POST /submissions',
        requestsPerSecond: Math.round(median(rates[name])),
        least: Math.round(Math.min(...rates[name])),
        most: Math.round(Math.max(...rates[name])),
        timesBare: name === 'bare' ? 1 : round(median(ratios)),
        timesLeast: name === 'bare' ? 1 : round(Math.min(...ratios)),
        timesMost: name === 'bare' ? 1 : round(Math.max(...ratios)),
      }),
    );
  },
};

/** Requests per second. @throws {Error} if any was not accepted */
async function load(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const {
    '2xx': accepted,
    non2xx,
    errors,
    duration,
  } = await autocannon({
    url: `${url}/submissions`,
    method: 'POST',
    headers,
    body,
    connections,
    duration: seconds,
  });
  if (non2xx + errors > 0 || accepted === 0) {
    throw new Error(`${url}: ${accepted} requests were accepted, ${non2xx} refused, ${errors} failed`);
  }
  return accepted / duration;
}

async function startBare() {
  const child = fork(join(import.meta.dirname, 'bare-express-main.ts'));
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function startApi({ redis, deadMan, temporaryDir }: Place) {
  const dir = mkdtempSync(join(temporaryDir, 'api-'));
  const settings = { save: '', appendonly: 'no' };
  const server = await redisServer(
    { program: binaryProgram(redis), name: 'redis', dir, logFile: join(dir, 'redis.log'), settings },
    deadMan,
  );
  await server.start();
  const port = await freePort();
  const root = resolve(import.meta.dirname, '..');
  const api = launch(
    {
      name: 'api',
      command: process.execPath,
      args: [join(root, 'services/api/main.ts')],
      cwd: root,
      logFile: join(dir, 'api.log'),
      env: { REDIS_URL: server.url, PORT: String(port), QUEUE: 'stream', QUEUE_CAP: '0', LOG_LEVEL: 'info' },
    },
    deadMan,
  );
  await api.waitForLog('"msg":"ready"', 20_000);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await api.kill();
      await server.stop();
    },
  };
}
