// One question to a Redis: connect, authenticate if need be, send one command, read one plain reply, disconnect, all
// within a deadline. It tells a server that speaks no RESP from one that answers with an error. Not a client library:
// no pipelining, no arrays, no reconnecting; services and workloads use ioredis.

import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RedisAddress {
  host: string;
  port: number;
  username?: string;
  password?: string;
  tls?: boolean;
}

/** Redis answered, with an error such as `LOADING …` or `NOAUTH …`. */
export class RedisReplyError extends Error {}

/** Whoever answered does not speak Redis' protocol. */
export class NotRedisError extends Error {}

/** @throws {RedisReplyError} {NotRedisError} or an Error (with the `code` of the socket's error, `ETIMEDOUT` when late). */
export function ask(address: RedisAddress, command: string[], withinMs: number): Promise<string> {
  const { host, port, username, password, tls } = address;
  const login = password === undefined ? [] : [['AUTH', ...(username ? [username] : []), password]];
  const commands = [...login, command];
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
    let received: Buffer = Buffer.alloc(0);
    let awaited = commands.length;
    let connected = false;
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => {
      const what = connected ? 'connected, but no answer' : 'no connection';
      finish(() => reject(Object.assign(new Error(`${what} within ${withinMs} ms`), { code: 'ETIMEDOUT' })));
    }, withinMs);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      connected = true;
      socket.write(commands.map(encode).join(''));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        for (let reply = parse(received); reply !== undefined; reply = parse(received)) {
          received = received.subarray(reply.bytes);
          const { text } = reply;
          if (--awaited === 0) return finish(() => resolve(text));
        }
      } catch (error) {
        finish(() => reject(error));
      }
    });
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('end', () =>
      finish(() => reject(new NotRedisError('it closed the connection without an answer'))),
    );
  });
}

function encode(command: string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** The first reply in `data` and its length; `undefined`: not all there yet. */
function parse(data: Buffer): { text: string; bytes: number } | undefined {
  if (data.length === 0) return undefined;
  const type = String.fromCharCode(data[0]!);
  const endOfLine = data.indexOf('\r\n');
  if (!'+-:$'.includes(type)) {
    const line = data.subarray(0, endOfLine < 0 ? 40 : Math.min(endOfLine, 40));
    throw new NotRedisError(`it answered ${JSON.stringify(line.toString('latin1'))}`);
  }
  if (endOfLine < 0) return undefined;
  const line = data.toString('utf8', 1, endOfLine);
  if (type === '-') throw new RedisReplyError(line);
  if (type !== '$') return { text: line, bytes: endOfLine + 2 };
  const start = endOfLine + 2;
  const length = Math.max(0, Number(line));
  if (data.length < start + length + 2) return undefined;
  return { text: data.toString('utf8', start, start + length), bytes: start + length + 2 };
}

/** `INFO`'s text as a record. */
export function parseInfo(text: string): Record<string, string> {
  const pairs = text.split(/\r?\n/).filter((line) => line.includes(':') && !line.startsWith('#'));
  return Object.fromEntries(
    pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
