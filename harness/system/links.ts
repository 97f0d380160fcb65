// The links of a system that go through a proxy: opens one for an instance where the spec says so, and closes them all.

import { http, resp } from './framing.ts';
import { openProxy, type TcpProxy } from './proxy.ts';
import type { Link, SystemSpec } from './spec.ts';

export interface Links {
  /** `undefined`: this link goes straight. It must not be one with TLS: no proxy could tell the messages apart. */
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
      const { hostname, port } = new URL(redisUrl);
      const host = hostname.replace(/^\[(.*)\]$/, '$1');
      return through(`${from}-redis`, { to: { host, port: Number(port || 6379) }, framing: resp });
    },
    toService: (to, port) => through(`client-${to}`, { to: { host: '127.0.0.1', port }, framing: http }),
    close: async () => {
      await Promise.all(open.map((proxy) => proxy.close()));
    },
  };
}

/** The same server and database, through the proxy. */
export function redisUrlThrough(proxy: Pick<TcpProxy, 'port'> | undefined, redisUrl: string): string {
  if (proxy === undefined) return redisUrl;
  const url = new URL(redisUrl);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}
