// What it costs to be observed: the real services with spans sent by OTLP and /metrics read each second, beside the same
// services without. (Counting itself cannot be switched off, and is in both.) Each block starts both afresh, so that no
// process' luck is in all pairs, and goes off, on, on, off; what counts is the ratio within a pair.

import { Redis } from 'ioredis';
import { waitUntil } from '../harness/wait.ts';
import { type Bench, median, type Place, type Row, round } from './bench.ts';
import { forkServer } from './forked-server.ts';
import { openServices } from './services.ts';
import { connections, submit } from './submit.ts';

const blocks = 4;
const order = ['off', 'on', 'on', 'off'] as const;
const acceptSeconds = 3;
/** Until the compiler has seen it all; with traces there is more to see. */
const warmUpSeconds = 5;
const jobs = 2500;
const warmUpJobs = 3000;
const scrapeEveryMs = 1000;
const submission = { problemId: 'echo', code: 'function solve(input) { return input; }' };

type Arm = (typeof order)[number];
/** A thing that is measured, with the services that it takes, running. */
interface Rig {
  /** @returns how many a second */
  measure(): Promise<number>;
  stop(): Promise<void>;
}
type OpenRig = (place: Place, collector: string | undefined) => Promise<Rig>;

const rigs: Record<string, OpenRig> = { 'POST /submissions': accepting, 'submission to verdict': judging };

export const overhead: Bench = {
  name: 'overhead',
  what: `POST /submissions a second (${connections} connections), and jobs a second from there to the verdict (one API, one worker), with traces and scrapes on and off (${blocks * 2} pairs)`,
  async run(place) {
    const collector = await forkServer('collector-main.ts');
    const rows: Row[] = [];
    for (const [path, open] of Object.entries(rigs)) {
      const rates = { off: [] as number[], on: [] as number[] };
      for (let block = 0; block < blocks; block++) {
        place.say(`${path}: block ${block + 1} of ${blocks}`);
        await takeTurns(place, open, collector.url, rates);
      }
      rows.push(compared(path, rates));
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
  const rig = { off: await open(place, undefined), on: await open(place, collector) };
  for (const arm of order) {
    const before = await settled(collector);
    rates[arm].push(await rig[arm].measure());
    const bytes = (await settled(collector)) - before;
    if (bytes > 0 !== (arm === 'on')) throw new Error(`with traces ${arm}, ${bytes} bytes of them came`);
  }
  await rig.off.stop();
  await rig.on.stop();
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

function compared(path: string, { off, on }: Record<Arm, number[]>): Row {
  const ratios = on.map((rate, pair) => rate / off[pair]!);
  return {
    path,
    offPerSecond: Math.round(median(off)),
    onPerSecond: Math.round(median(on)),
    timesOff: round(median(ratios)),
    timesLeast: round(Math.min(...ratios)),
    timesMost: round(Math.max(...ratios)),
  };
}

/** The API alone: nobody takes what it accepts. */
async function accepting(place: Place, collector: string | undefined): Promise<Rig> {
  const services = await openServices(place);
  const { url } = await services.start('api', observed(collector));
  await submit(url, submission, { duration: warmUpSeconds });
  return {
    measure: () =>
      scraped(collector ? [url] : [], () => submit(url, submission, { duration: acceptSeconds })),
    stop: services.stop,
  };
}

/** An API and a worker: a burst of submissions, until the last of them is judged. */
async function judging(place: Place, collector: string | undefined): Promise<Rig> {
  const services = await openServices(place);
  const api = await services.start('api', observed(collector));
  const worker = await services.start('worker', observed(collector));
  const redis = new Redis(services.redisUrl);
  let sent = 0;
  const burst = async (amount: number): Promise<number> => {
    sent += amount;
    const began = performance.now();
    await submit(api.url, submission, { amount });
    await waitUntil(async () => Number(await redis.get('judge:done')) === sent, {
      what: 'the last verdict',
      deadlineMs: 60_000,
    });
    return (amount / (performance.now() - began)) * 1000;
  };
  await burst(warmUpJobs);
  return {
    measure: () => scraped(collector ? [api.url, worker.url] : [], () => burst(jobs)),
    stop: async () => {
      redis.disconnect();
      await services.stop();
    },
  };
}

function observed(collector: string | undefined): Record<string, string> {
  return collector === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector };
}

/** Reads their metrics, as Prometheus would, for as long as `work` takes. */
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
