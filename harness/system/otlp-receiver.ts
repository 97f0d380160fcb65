// Takes the spans of one experiment's services: OTLP over HTTP, in JSON. They go to a file as they come. What is
// no OTLP is refused and counted; nothing that is sent can end the harness.

import { closeSync, openSync, writeSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { Span, SpanCounts } from '../span.ts';
import { spansOf } from '../telemetry/otlp.ts';
import { listenHttp } from './http-listener.ts';

export interface ReceiverOptions {
  /** The one address that it listens on. @default '127.0.0.1' */
  host?: string;
  /** Where the spans go, one a line; it is made when the first one comes. */
  file: string;
  /** When the experiment began, in ms since 1970. */
  originMs: number;
  /** Called with each span, also with those for which the file has no room. */
  onSpan?(span: Span): void;
  /** Of a request, also once it is unpacked. @default 16 MiB */
  bodyBytesMost?: number;
  /** Of the file. @default 128 MiB */
  fileBytesMost?: number;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly counts: Readonly<SpanCounts>;
  /** When the last request came, on the monotonic clock; undefined: none came. */
  lastAtMs(): number | undefined;
  close(): Promise<void>;
}

const unpack = promisify(gunzip);
const mib = 1 << 20;

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Rejects with Node's own error where it cannot listen, such as EADDRNOTAVAIL. */
export async function startOtlpReceiver(options: ReceiverOptions): Promise<OtlpReceiver> {
  const { host = '127.0.0.1', originMs, onSpan, bodyBytesMost = 16 * mib } = options;
  const counts: SpanCounts = { spans: 0, spansLeftOut: 0, spanRequestsRefused: 0 };
  const file = boundedFile(options.file, options.fileBytesMost ?? 128 * mib);
  let lastAtMs: number | undefined;

  /** Answers how many spans were left out. */
  const take = (body: Buffer): number => {
    const spans = spansOf(parse(body), originMs);
    const stored = file.append(spans);
    for (const span of spans) onSpan?.(span);
    counts.spans += stored;
    counts.spansLeftOut += spans.length - stored;
    return spans.length - stored;
  };

  const listener = await listenHttp(host, 0, (request, response) => {
    lastAtMs = monotonicMs();
    receive(request, bodyBytesMost)
      .then((body) => answer(response, 200, partial(take(body))))
      .catch((error: Error) => {
        counts.spanRequestsRefused++;
        const status = error instanceof Refused ? error.status : error instanceof TypeError ? 400 : 500;
        answer(response, status, { message: error.message });
      });
  });
  return {
    endpoint: `http://${host}:${listener.port}`,
    counts,
    lastAtMs: () => lastAtMs,
    close: async () => {
      await listener.close();
      file.close();
    },
  };
}

async function receive(request: IncomingMessage, bytesMost: number): Promise<Buffer> {
  const { method, url, headers } = request;
  if (url !== '/v1/traces') throw new Refused(404, `${url}: only /v1/traces is here`);
  if (method !== 'POST') throw new Refused(405, `${method}: only POST is taken`);
  const type = headers['content-type'] ?? 'nothing';
  if (!/^application\/json\b/i.test(type)) throw new Refused(415, `${type}: only application/json is taken`);
  const tooLarge = new Refused(413, `more than ${bytesMost} bytes`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMost) throw tooLarge;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Refused(415, `${encoding}: only gzip is unpacked`);
  return unpack(body, { maxOutputLength: bytesMost }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : new Refused(400, error.message);
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Refused(400, (error as Error).message);
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  // What is left of a refused body is not read: the connection ends with the answer.
  const close = status === 200 ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'application/json', ...close }).end(JSON.stringify(body));
}

/** The answer of OTLP: empty when everything was taken. */
function partial(rejectedSpans: number): Record<string, unknown> {
  if (rejectedSpans === 0) return {};
  return { partialSuccess: { rejectedSpans, errorMessage: 'the file of spans is full' } };
}

/** Takes lines until it has its size, and then no more. */
function boundedFile(path: string, bytesMost: number) {
  let fd: number | undefined;
  let bytes = 0;
  return {
    /** How many of them were written, from the first one on. */
    append: (spans: readonly Span[]): number => {
      let text = '';
      let taken = 0;
      for (const span of spans) {
        const line = `${JSON.stringify(span)}\n`;
        const length = Buffer.byteLength(line);
        if (bytes + length > bytesMost) {
          bytes = bytesMost; // nor any smaller one later: what is there is a beginning without gaps
          break;
        }
        bytes += length;
        text += line;
        taken++;
      }
      if (taken === 0) return 0;
      fd ??= openSync(path, 'w');
      writeSync(fd, text);
      return taken;
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
