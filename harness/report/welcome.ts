// What `npm start` prints once the judge is up: where everything is, and one line to try it. Pure.

/** What of a running judge is told. */
export interface Welcome {
  api: { port: number; url: string };
  subscriber: { port: number; url: string };
  workers: readonly { name: string; url: string }[];
  redisUrl: string;
  logsDir: string;
}

export interface Wanted {
  apiPort: number;
  subscriberPort: number;
  redis: { kind: string; version: string };
  from: string;
}

export function welcome({ api, subscriber, workers, redisUrl, logsDir }: Welcome, wanted: Wanted): string {
  const { redis, from } = wanted;
  const external = redis.kind === 'external';
  const body = JSON.stringify({
    problemId: 'sum-two',
    language: 'javascript',
    code: 'function solve([a, b]) { return a + b; }',
  });
  const other = (port: number, wish: number) => (port === wish ? '' : `   (port ${wish} is taken)`);
  return `The judge is up.

  API         ${api.url}${other(api.port, wanted.apiPort)}
  WebSocket   ${subscriber.url.replace('http', 'ws')}/submissions${other(subscriber.port, wanted.subscriberPort)}
  Redis       ${hidePassword(redisUrl)}   (${redis.version}, ${external ? 'yours; what is written there goes at the end' : `from ${from}`})
  metrics     ${[api, subscriber, ...workers].map(({ url }) => `${url}/metrics`).join('\n              ')}
  problems    ${api.url}/problems
  logs        ${logsDir}

Try it: submit a solution of the problem sum-two.

  curl -i ${api.url}/submissions -H 'Content-Type: application/json' -d '${body}'

The answer is 202 with the submission's "id" and Location. Its verdict, AC if it is right, is then at

  curl ${api.url}/submissions/<id>

Ctrl-C stops all of it; nothing is kept.
`;
}

function hidePassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':***@');
}
