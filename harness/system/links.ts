// The links of a system that go through a proxy: opens one for an instance where the spec says so, and closes them all.

import { http, resp } from './framing.ts';
import { openProxy, type TcpProxy } from './proxy.ts';
import type { Link, SystemSpec } from './spec.ts';

export interface Links {
  /** `undefined`: this link goes straight. @throws {Error} if the server speaks TLS, which no proxy can follow */
  toRedis(from: 'api' | 'worker' | 'subscriber', redisUrl: string): Promise<TcpProxy | undefined>;
  toService(to: 'api' | 'worker' | 'subscriber', port: number): Promise<TcpProxy | undefined>;
  close(): Promise<void>;
}

export function linksOf({ proxied }: SystemSpec): Links {
  const open: TcpProxy[] = [];
  const through = async (link: string, options: Parameters<typeof openProxy>[0]) => {
    if (!proxied.includes(link as Link)) return undefined;
    const proxy = await openProxy(options);
    open.push(proxy);
    return proxy;
  };
  return {
    toRedis: async (from, redisUrl) => {
      const { protocol, hostname: host, port } = new URL(redisUrl);
      if (proxied.length > 0 && protocol !== 'redis:')
        throw new Error(`a proxy cannot follow TLS: ${protocol}//${host}; it takes a redis:// server`);
      return through(`${from}-redis`, { to: { host, port: Number(port || 6379) }, framing: resp });
    },
    toService: (to, port) => through(`client-${to}`, { to: { host: '127.0.0.1', port }, framing: http }),
    close: async () => {
      await Promise.all(open.map((proxy) => proxy.close()));
    },
  };
}

/** The same server and database, through the proxy. */
export function redisUrlThrough(proxy: TcpProxy | undefined, redisUrl: string): string {
  if (proxy === undefined) return redisUrl;
  const url = new URL(redisUrl);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}
