// Asks each instance of a system for its metrics, about once a second and once at the end. One that is dead, paused or too
// slow is absent from that sample. It goes straight to the service, past the proxies that an experiment breaks.

import { appendFileSync } from 'node:fs';
import { get } from 'node:http';
import { keptSeries } from './exposition.ts';

export interface Sampled {
  readonly name: string;
  readonly port: number;
}

/** A line of metrics.ndjson. */
export interface MetricSample {
  /** ms since the experiment began. */
  atMs: number;
  instance: string;
  values: Record<string, number>;
}

export interface MetricSampler {
  /** @param last whether to take one more sample */
  stop(last: boolean): Promise<void>;
}

export interface SamplerOptions {
  instances(): readonly Sampled[];
  file: string;
  /** ms since the experiment began. */
  now(): number;
}

const everyMs = 1000;
const answerMs = 900;
const answerBytesMost = 1 << 20;

export function startMetricSampler({ instances, file, now }: SamplerOptions): MetricSampler {
  const over = new AbortController();
  const take = async (): Promise<void> => {
    const samples = await Promise.all(instances().map((instance) => sampleOf(instance, now)));
    const text = samples.flatMap((sample) => (sample ? [`${JSON.stringify(sample)}\n`] : [])).join('');
    if (text !== '') appendFileSync(file, text);
  };
  const sampling = (async () => {
    while (!over.signal.aborted) {
      await take();
      await untilNext(over.signal);
    }
  })().catch(() => {}); // a full disk, say: the samples end there, the experiment does not
  return {
    stop: async (last) => {
      over.abort();
      await sampling;
      if (last) await take().catch(() => {});
    },
  };
}

async function sampleOf({ name, port }: Sampled, now: () => number): Promise<MetricSample | undefined> {
  const atMs = Math.round(now());
  const text = await read(port);
  return text === undefined ? undefined : { atMs, instance: name, values: keptSeries(text) };
}

/** The text, or undefined when there was no whole answer in time. A connection of its own: none is left open to a service. */
function read(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/metrics', agent: false, signal: AbortSignal.timeout(answerMs) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > answerBytesMost) request.destroy();
        });
        response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
        response.on('error', () => resolve(undefined));
      },
    );
    request.on('error', () => resolve(undefined));
  });
}

function untilNext(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, everyMs);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
}
