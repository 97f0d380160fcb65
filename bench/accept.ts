// The accept path: POST /submissions of the API (checked, made idempotent, enqueued in Redis, answered with 202) beside
// a bare Express handler that only parses the same body. The two take turns.

import { type Bench, median, type Row, round } from './bench.ts';
import { forkServer } from './forked-server.ts';
import { openServices } from './services.ts';
import { connections, submit } from './submit.ts';

const rounds = 5;
const seconds = 3;
const submission = {
  problemId: 'sum-two',
  code: `const [a, b] = input.split(' ').map(Number);\nconsole.log(a + b); // ${'x'.repeat(80)}`,
};

export const accept: Bench = {
  name: 'accept',
  what: `requests/s of POST /submissions and of a bare Express handler (${connections} connections, ${rounds} rounds of ${seconds} s)`,
  bars: 'requestsPerSecond',
  async run(place) {
    const bare = await forkServer('bare-express-main.ts');
    const services = await openServices(place);
    const api = await services.start('api', { QUEUE: 'stream' });
    const load = (url: string) => submit(url, submission, { duration: seconds });
    const rates = { bare: [] as number[], api: [] as number[] };
    for (const url of [bare.url, api.url]) await load(url); // warm-up
    for (let turn = 0; turn < rounds; turn++) {
      place.say(`round ${turn + 1} of ${rounds}`);
      const order = turn % 2 === 0 ? (['bare', 'api'] as const) : (['api', 'bare'] as const);
      for (const name of order) rates[name].push(await load(name === 'bare' ? bare.url : api.url));
    }
    await bare.stop();
    await services.stop();
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
