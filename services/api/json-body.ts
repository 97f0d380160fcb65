// Reads a request's JSON body: content type, charset and encoding, size, UTF-8, syntax. It does not look at the fields.
// Stricter than express.json(): one encoding, no decompression, invalid UTF-8 refused instead of replaced.

import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { Problem } from './problem.ts';

/**
 * @param limitBytes the largest body that is read
 * @throws {Problem} 400, 413 or 415
 */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  assertJsonType(request.headers['content-type']);
  assertIdentity(request.headers['content-encoding']);
  return parseJson(decodeUtf8(await readBytes(request, limitBytes)));
}

function assertJsonType(header: string | undefined): void {
  const refuse = (detail: string, cause?: unknown) =>
    new Problem('unsupported-media-type', detail, { cause, headers: { Accept: 'application/json' } });
  if (header === undefined) throw refuse('Content-Type is missing; it must be application/json');
  let type: MIMEType;
  try {
    type = new MIMEType(header);
  } catch (cause) {
    throw refuse('Content-Type is not a media type; it must be application/json', cause);
  }
  if (type.essence !== 'application/json') throw refuse('Content-Type must be application/json');
  const charset = type.params.get('charset')?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw refuse('the charset must be utf-8');
}

function assertIdentity(header: string | undefined): void {
  if (header === undefined || header.trim().toLowerCase() === 'identity') return;
  throw new Problem('unsupported-media-type', 'Content-Encoding must be absent or identity', {
    headers: { 'Accept-Encoding': 'identity' },
  });
}

function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new Problem('body-too-large', `the body may have at most ${limitBytes} bytes`);
  // Node drops the rest of an unread body itself, and requestTimeout bounds how long that may take.
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limitBytes) {
        chunks.push(chunk);
      } else {
        // The rest flows on into nothing; what was kept is let go.
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    const cut = (cause?: Error) => {
      if (!request.complete) reject(new Problem('invalid-http', 'the body ended too early', { cause }));
    };
    request.once('error', cut);
    request.once('close', cut);
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidJson('it is not UTF-8', cause);
  }
}

function parseJson(text: string): unknown {
  if (text === '') throw invalidJson('it is empty');
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the body; the position is enough.
    const at = /position \d+/.exec((cause as Error).message)?.[0];
    throw invalidJson(at === undefined ? 'it does not parse' : `it does not parse at ${at}`, cause);
  }
}

function invalidJson(what: string, cause?: unknown): Problem {
  const detail = `not valid JSON: ${what}`;
  return new Problem('invalid-json', `body: ${detail}`, { errors: [{ field: 'body', detail }], cause });
}
