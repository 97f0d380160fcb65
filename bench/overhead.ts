// What it costs to be observed: the real services with metrics, read each second, and spans, sent by OTLP, beside services
// that have neither (no-metrics.ts). Each block starts both afresh, so that no process' luck is in all pairs, lets the
// compiler see it all, and goes off, on, on, off, twice; what counts is the ratio within a pair.

import { Redis } from 'ioredis';
import { waitUntil } from '../harness/wait.ts';
import { type Bench, median, type Place, type Row, round } from './bench.ts';
import { forkServer } from './forked-server.ts';
import { openServices, type Services, withoutMetrics } from './services.ts';
import { connections, submit } from './submit.ts';

const blocks = 2;
const turns = ['off', 'on', 'on', 'off'] as const;
const order = [...turns, ...turns];
const acceptSeconds = 3;
/** Services live longer than a bench: with a quarter of this for the jobs, the ratio is 0.81 instead of 0.87. */
const warmUpSeconds = 10;
const jobs = 2500;
const warmUpJobs = 12_000;
const scrapeEveryMs = 1000;
const submission = { problemId: 'echo', code: 'function solve(input) { return input; }' };

type Arm = (typeof turns)[number];
/** A thing that is measured, with the services that it takes, running. */
interface Rig {
  /** @returns how many a second */
  measure(): Promise<number>;
  stop(): Promise<void>;
}
type OpenRig = (observed: Observed) => Promise<Rig>;

interface Observed {
  services: Services;
  env: Record<string, string>;
  /** Reads the metrics of these, as Prometheus would, for as long as `work` takes. */
  scraped<T>(urls: string[], work: () => Promise<T>): Promise<T>;
}

const rigs: Record<string, OpenRig> = { 'POST /submissions': accepting, 'submission to verdict': judging };

export const overhead: Bench = {
  name: 'overhead',
  what: `POST /submissions a second (${connections} connections), and jobs a second from there to the verdict (one API, one worker), with metrics and traces on and off (${(blocks * order.length) / 2} pairs)`,
  bars: 'timesOff',
  async run(place) {
    const collector = await forkServer('collector-main.ts');
    const rows: Row[] = [];
    for (const [path, open] of Object.entries(rigs)) {
      const rates = { off: [] as number[], on: [] as number[] };
      for (let block = 0; block < blocks; block++) {
        place.say(`${path}: block ${block + 1} of ${blocks}`);
        await takeTurns(place, open, collector.url, rates);
      }
      rows.push(...compared(path, rates));
    }
    await collector.stop();
    return rows;
  },
};

async function takeTurns(
  place: Place,
  open: OpenRig,
  collector: string,
  rates: Record<Arm, number[]>,
): Promise<void> {
  const on = await openServices(place);
  const off = await openServices(place, await withoutMetrics());
  const rig = {
    off: await open({ services: off, env: {}, scraped: (_urls, work) => work() }),
    on: await open({ services: on, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector }, scraped }),
  };
  for (const arm of order) {
    const before = await settled(collector);
    rates[arm].push(await rig[arm].measure());
    const bytes = (await settled(collector)) - before;
    if (bytes > 0 !== (arm === 'on')) throw new Error(`with traces ${arm}, ${bytes} bytes of them came`);
  }
  for (const { stop } of [rig.off, rig.on, off, on]) await stop();
}

/** How many bytes of spans have come, once no more do: what one arm still sends must not slow the other. */
async function settled(collector: string): Promise<number> {
  let bytes = -1;
  await waitUntil(
    async () => {
      const before = bytes;
      bytes = Number(await (await fetch(collector)).text());
      return bytes === before;
    },
    { what: 'the last spans', deadlineMs: 20_000, everyMs: 500 },
  );
  return bytes;
}

function compared(path: string, rates: Record<Arm, number[]>): Row[] {
  const ratios = rates.on.map((rate, pair) => rate / rates.off[pair]!);
  return (['off', 'on'] as const).map((arm) => ({
    path,
    observed: arm,
    perSecond: Math.round(median(rates[arm])),
    timesOff: arm === 'off' ? 1 : round(median(ratios)),
    timesLeast: arm === 'off' ? 1 : round(Math.min(...ratios)),
    timesMost: arm === 'off' ? 1 : round(Math.max(...ratios)),
  }));
}

/** The API alone: nobody takes what it accepts. */
async function accepting({ services, env, scraped }: Observed): Promise<Rig> {
  const { url } = await services.start('api', env);
  await submit(url, submission, { duration: warmUpSeconds });
  return {
    measure: () => scraped([url], () => submit(url, submission, { duration: acceptSeconds })),
    stop: async () => {},
  };
}

/** An API and a worker: a burst of submissions, until the last of them is judged. */
async function judging({ services, env, scraped }: Observed): Promise<Rig> {
  const api = await services.start('api', env);
  const worker = await services.start('worker', env);
  const redis = new Redis(services.redisUrl);
  let sent = 0;
  const burst = async (amount: number): Promise<number> => {
    sent += amount;
    const began = performance.now();
    await submit(api.url, submission, { amount });
    await waitUntil(async () => Number(await redis.get('judge:done')) === sent, {
      what: 'the last verdict',
      deadlineMs: 120_000,
    });
    return (amount / (performance.now() - began)) * 1000;
  };
  await burst(warmUpJobs);
  return {
    measure: () => scraped([api.url, worker.url], () => burst(jobs)),
    stop: async () => redis.disconnect(),
  };
}

async function scraped<T>(urls: string[], work: () => Promise<T>): Promise<T> {
  const scrape = () => {
    for (const url of urls) fetch(`${url}/metrics`).then((response) => response.text());
  };
  const timer = setInterval(scrape, scrapeEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
