// For tests: sends bytes to a port and parses what comes back as one HTTP answer, strictly enough for our own server.

import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

export interface RawOptions {
  /** Send a FIN after the last byte: for requests that would never be complete. */
  finish?: boolean;
  withinMs?: number;
}

/** All answers that came before the connection closed, or before as many as `expected`. */
export function exchange(
  port: number,
  bytes: Uint8Array | string,
  { finish = false, withinMs = 5000 }: RawOptions = {},
) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      if (finish) socket.end(bytes);
      else socket.write(bytes);
    });
    const settle = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(received).toString('latin1');
      const answer = parseAnswers(text).find(({ status }) => status >= 200);
      if (answer) resolve(answer);
      else
        reject(
          new Error(`no whole answer to ${preview(bytes)}; received ${JSON.stringify(text.slice(0, 300))}`),
        );
    };
    const timer = setTimeout(settle, withinMs);
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (parseAnswers(Buffer.concat(received).toString('latin1')).some(({ status }) => status >= 200))
        settle();
    });
    socket.on('error', () => {});
    socket.on('close', settle);
  });
}

/** The whole answers at the start of the text. */
export function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; ; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return answers;
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? 0);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (body.length < length) return answers;
    answers.push({ status, headers, body: Buffer.from(body, 'latin1').toString() });
    rest = rest.slice(headEnd + 4 + length);
  }
}

export function preview(bytes: Uint8Array | string): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  return JSON.stringify(text.length > 400 ? `${text.slice(0, 400)}… (${text.length} bytes)` : text);
}
