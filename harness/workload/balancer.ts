// What stands before the API instances in production: a round robin over those whose /readyz says yes, asked every
// 100 ms. When none is ready it goes on with all that exist, as a balancer's panic mode does.

import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from './http-client.ts';

export interface Balancer {
  next(): string;
  stop(): Promise<void>;
}

const probeEveryMs = 100;

export function createBalancer(http: HttpClient, urls: () => readonly string[]): Balancer {
  const stopping = new AbortController();
  let ready: readonly string[] = [];
  let turn = 0;

  const probe = async (url: string): Promise<boolean> =>
    http.send('GET', `${url}/readyz`, { timeoutMs: 500 }).then(
      ({ status }) => status === 200,
      () => false,
    );

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const all = urls();
      const answers = await Promise.all(all.map(probe));
      ready = all.filter((_, index) => answers[index]);
      await delay(probeEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const watching = watch();

  return {
    next: () => {
      const known = new Set(urls());
      const able = ready.filter((url) => known.has(url));
      const pool = able.length > 0 ? able : [...known];
      const url = pool[turn++ % Math.max(pool.length, 1)];
      if (url === undefined)
        throw Object.assign(new Error('no API instance exists'), { code: 'ECONNREFUSED' });
      return url;
    },
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}
