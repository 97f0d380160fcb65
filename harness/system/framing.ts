// Splits the two byte streams of a request-reply protocol into whole messages, whatever chunks they come in: RESP (2 and
// 3) and HTTP/1.1 with Content-Length. It finds where a message ends and reads nothing else of it. No I/O.

export interface Splitter {
  /** The messages that are whole now. @throws {FramingError} after them, when the bytes are not this protocol's */
  split(chunk: Buffer): Generator<Buffer, void>;
  /** What came after the last whole message. */
  rest(): Buffer;
}

export interface Framing {
  requests(): Splitter;
  replies(): Splitter;
  /** Whether nobody asked for this reply: a push of RESP3, an interim answer of HTTP. */
  unasked(reply: Buffer): boolean;
}

export class FramingError extends Error {}

export const resp: Framing = {
  requests: () => splitter((data) => (data[0] === star ? endOfValue(data) : endOfLine(data))),
  replies: () => splitter(endOfValue),
  unasked: (reply) => reply[0] === push,
};

export const http: Framing = {
  requests: () => splitter(endOfHttpMessage),
  replies: () => splitter(endOfHttpMessage),
  unasked: (reply) => reply.toString('latin1', 0, 10).startsWith('HTTP/1.1 1'),
};

/** The words of a command in RESP; of anything else there are none. */
export function wordsOf(request: Buffer): string[] {
  const words: string[] = [];
  let at = endOfLine(request) ?? 0;
  while (request[at] === dollar) {
    const start = endOfLine(request, at);
    if (start === undefined) break;
    const end = start + Number(request.toString('latin1', at + 1, start - 2));
    words.push(request.toString('utf8', start, end));
    at = end + 2;
  }
  return words;
}

const star = '*'.charCodeAt(0);
const dollar = '$'.charCodeAt(0);
const push = '>'.charCodeAt(0);

/** @param endOf where the first message ends; `undefined`: it is not whole yet */
function splitter(endOf: (data: Buffer) => number | undefined): Splitter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    *split(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length > 0) {
        const end = endOf(rest);
        if (end === undefined) return;
        const message = rest.subarray(0, end);
        rest = rest.subarray(end);
        yield message;
      }
    },
    rest: () => rest,
  };
}

function endOfLine(data: Buffer, from = 0): number | undefined {
  const at = data.indexOf('\r\n', from);
  return at < 0 ? undefined : at + 2;
}

/** Of one RESP value, with all that is nested in it. */
function endOfValue(data: Buffer): number | undefined {
  let at = 0;
  for (let due = 1; due > 0; due--) {
    const line = endOfLine(data, at);
    if (line === undefined) return undefined;
    const type = String.fromCharCode(data[at]!);
    const count = Number(data.toString('latin1', at + 1, line - 2));
    at = line;
    if ('$!='.includes(type)) at += count < 0 ? 0 : count + 2;
    else if ('*~>'.includes(type)) due += Math.max(0, count);
    else if (type === '%') due += 2 * count;
    // An attribute comes before the value that it is about.
    else if (type === '|') due += 2 * count + 1;
    else if (!'+-:_#,('.includes(type)) throw new FramingError(`no RESP type: ${JSON.stringify(type)}`);
    if (Number.isNaN(at + due)) throw new FramingError(`no length after ${type}`);
    if (at > data.length) return undefined;
  }
  return at;
}

function endOfHttpMessage(data: Buffer): number | undefined {
  if (!/^[A-Z]/.test(data.toString('latin1', 0, 1))) throw new FramingError('no HTTP message begins so');
  const headEnd = data.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = data.toString('latin1', 0, headEnd);
  if (/^transfer-encoding:/im.test(head)) throw new FramingError('a body without Content-Length');
  const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return end > data.length ? undefined : end;
}
