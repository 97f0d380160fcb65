// Looks at a Redis that the harness does not own (`--redis redis://…`) and says in one line why it will not do. It
// starts and changes nothing there.

import { atLeast, redisFloor } from '../toolchain/redis-version.ts';
import { ask, NotRedisError, parseInfo, type RedisAddress, RedisReplyError } from './resp.ts';

export interface ExternalRedis {
  url: string;
  version: string;
  runId: string;
}

/** For the connection and the answer together. */
const deadlineMs = 2000;
const example = 'for example redis://127.0.0.1:6379';

/** @throws {Error} whose one-line message says what is wrong with the server and what would be right. */
export async function connectExternal(url: string): Promise<ExternalRedis> {
  const { address, shown } = parseUrl(url);
  let info: Record<string, string>;
  try {
    info = parseInfo(await ask(address, ['INFO'], deadlineMs));
  } catch (error) {
    throw new Error(`${shown}: ${diagnose(error as NodeJS.ErrnoException, address)}`, { cause: error });
  }
  const { redis_version: version, run_id: runId, redis_mode: mode, role } = info;
  const refuse = (what: string) => new Error(`${shown}: ${what}`);
  if (version === undefined || runId === undefined) {
    throw refuse(
      `this is not Redis: INFO names no version; expected a Redis ${redisFloor} or newer, ${example}`,
    );
  }
  if (!atLeast(version, redisFloor)) {
    throw refuse(`this is Redis ${version}; Redis ${redisFloor} or newer is needed`);
  }
  if (mode === 'sentinel') throw refuse('this is a Sentinel; give the URL of the Redis that it watches');
  if (mode === 'cluster') throw refuse('this is a node of a Redis Cluster; a single Redis is needed');
  if (role === 'slave') throw refuse('this is a read-only replica; give the URL of its primary');
  if (info.loading === '1') throw refuse('this Redis is still loading its data; try again when it is ready');
  return { url, version, runId };
}

function parseUrl(text: string): { address: RedisAddress; shown: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new Error(`${text}: not a Redis URL; expected redis://[user:password@]host[:port], ${example}`);
  }
  const address: RedisAddress = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    tls: url.protocol === 'rediss:',
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
  if (url.password !== '') url.password = '***'; // messages end up in logs
  return { address, shown: url.href };
}

function diagnose(error: NodeJS.ErrnoException, { host, port, password, tls }: RedisAddress): string {
  const right = `expected a Redis ${redisFloor} or newer, ${example}`;
  if (error instanceof NotRedisError) return `this is not Redis: ${error.message}; ${right}`;
  if (error instanceof RedisReplyError) {
    const code = error.message.split(' ')[0];
    const login = 'redis://user:password@host:port';
    if (code === 'NOAUTH') return `this Redis asks for a password; give it in the URL: ${login}`;
    if (code === 'WRONGPASS' || (code === 'ERR' && password !== undefined)) {
      return `this Redis refuses the user or password (${error.message}); expected ${login} with valid ones`;
    }
    return `this Redis refuses INFO (${error.message}); give a user that may run every command`;
  }
  switch (error.code) {
    case 'ECONNREFUSED':
      return `nothing listens on port ${port} of ${host} (connection refused); ${right}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host ${host} is not known (${error.code}); ${right}`;
    case 'ETIMEDOUT':
      return `${error.message}, so this is not a (responsive) Redis; ${right}`;
    default:
      return `${error.message || error.code}${tls ? ' (over TLS: does the server speak it?)' : ''}; ${right}`;
  }
}
