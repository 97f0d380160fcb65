// Whether a judge answers at an address, and where its WebSocket is. It sends no load.

import { UsageError } from '../system/find-redis.ts';

export interface Target {
  /** The API, without a slash at its end. */
  url: string;
  /** The subscriber's WebSocket. */
  wsUrl: string;
}

const timeoutMs = 5000;
/** Where `npm start` puts the subscriber. */
const usualPort = '3002';

/** @throws {UsageError} one line: what does not answer there, or that it is no judge */
export async function findTarget(target: URL, ws: URL | undefined): Promise<Target> {
  const url = target.href.replace(/\/+$/, '');
  const wrong = (what: string, cause?: unknown) =>
    new UsageError(`--target ${url}: ${what}; \`npm start\` starts a judge at http://127.0.0.1:3000`, {
      cause,
    });
  const ready = await get(`${url}/readyz`).catch((error: Error) => {
    throw wrong(`nothing answers there (${reasonOf(error)})`, error);
  });
  const problems = await get(`${url}/problems`)
    .then((reply) => reply.json() as Promise<unknown>)
    .catch(() => undefined);
  if (!looksLikeProblems(problems))
    throw wrong('what answers there is no judge: GET /problems lists no problems');
  if (!ready.ok) throw wrong(`the judge there is not ready: GET /readyz answers ${ready.status}`);
  return { url, wsUrl: await findWebSocket(target, ws) };
}

async function findWebSocket(target: URL, given: URL | undefined): Promise<string> {
  const candidates = given ? [given] : [sameOrigin(target), usual(target)];
  for (const candidate of candidates) {
    const page = new URL(candidate.href.replace(/^ws/, 'http'));
    // What speaks WebSocket only says so to a plain request.
    const reply = await get(page.href).catch(() => undefined);
    if (reply?.status === 426) return candidate.href;
  }
  const tried = candidates.map(({ href }) => href).join(' or ');
  throw new UsageError(
    given
      ? `--ws ${given.href}: no WebSocket of a judge is there`
      : `--target ${target.href}: no WebSocket is at ${tried}; say where it is with --ws ws://host:port/submissions`,
  );
}

function sameOrigin(target: URL): URL {
  const url = new URL('/submissions', target);
  url.protocol = target.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

function usual(target: URL): URL {
  const url = sameOrigin(target);
  url.port = usualPort;
  return url;
}

function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
}

function looksLikeProblems(body: unknown): boolean {
  const list = Array.isArray(body) ? body : (body as { problems?: unknown } | null | undefined)?.problems;
  return Array.isArray(list) && list.length > 0 && list.every((one) => typeof one?.id === 'string');
}

function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? (error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : error.message);
}
