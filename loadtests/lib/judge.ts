// One client of the judge, as one iteration of k6: submits, watches by WebSocket until the verdict is there, and asks by GET
// when the WebSocket fails. The submission is sent first, at the moment that the plan gives; the socket is opened then, and its
// handshake is part of the time to the verdict. Whatever it met is counted and written to the journal.

import { check } from 'k6';
import execution from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import { WebSocket } from 'k6/websockets';
import type { ErrorKind, JournalLine, Via } from './journal.ts';
import { countError, metrics } from './metrics.ts';
import { hexOf } from './random.ts';
import { settings } from './settings.ts';
import type { Program, Verdict } from './submissions.ts';

const acceptTimeout = '5s';
const readTimeout = '2s';
/** From the acceptance; k6 waits for clients that are under way for longer than this. */
export const verdictTimeoutMs = 15_000;
const askEveryMs = 250;
/** k6's sockets do not have the constants that its types promise. */
const openState = 1;

http.setResponseCallback(http.expectedStatuses(200, 202));

interface Accepted {
  n: number;
  id: string;
  program: Program;
  sentAtMs: number;
  traceparent: string;
}

/** The state of a submission as both the WebSocket and GET show it. */
interface Seen {
  id: string;
  state: string;
  judgement?: { verdict: Verdict };
}

/**
 * @param deal which program is submission number n
 * @param offered how many there are: at the very end k6 may begin one more than planned, which then does nothing
 */
export function submitOne(deal: (n: number) => Program, offered: number): void {
  const n = execution.scenario.iterationInTest;
  if (n >= offered) return;
  const accepted = submit(n, deal(n));
  if (accepted !== undefined) awaitVerdict(accepted);
}

function submit(n: number, program: Program): Accepted | undefined {
  const key = `${settings.runId}/${n}`;
  const traceId = hexOf(key, 32);
  const traceparent = `00-${traceId}-${hexOf(`${key}/client`, 16)}-01`;
  const sentAtMs = Date.now();
  metrics.sent.add(1);
  const { problemId, code } = program;
  const body = JSON.stringify({ problemId, language: 'javascript', code });
  const reply = http.post(`${settings.baseUrl}/submissions`, body, {
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key, traceparent },
    tags: { name: 'POST /submissions' },
    timeout: acceptTimeout,
  });
  const id = reply.status === 202 ? idOf(reply) : undefined;
  check(reply, { 'accepted: 202 and an id': () => id !== undefined });
  if (id === undefined) {
    const kind = kindOf(reply);
    countError(kind);
    metrics.failed.add(true);
    note({ event: 'refused', n, key, atMs: sentAtMs, kind, code: codeOf(reply) });
    return undefined;
  }
  const { blocked, connecting, tls_handshaking, duration } = reply.timings;
  const acceptMs = blocked + connecting + tls_handshaking + duration;
  metrics.accepted.add(1);
  metrics.acceptDuration.add(acceptMs);
  note({
    event: 'accepted',
    n,
    key,
    id,
    atMs: sentAtMs,
    acceptMs: Math.round(acceptMs * 100) / 100,
    traceId,
  });
  return { n, id, program, sentAtMs, traceparent };
}

/** Returns at once; the iteration goes on until its socket is closed and its timers are cleared. */
function awaitVerdict(accepted: Accepted): void {
  const { n, id, traceparent } = accepted;
  let over = false;
  let asking: ReturnType<typeof setInterval> | undefined;

  const finish = (work: () => void): void => {
    if (over) return;
    over = true;
    clearTimeout(givingUp);
    if (asking !== undefined) clearInterval(asking);
    closeIfOpen();
    work();
  };
  const see = (seen: Seen | undefined, via: Via): void => {
    if (seen?.id !== id) return;
    if (seen.state === 'done' && seen.judgement) {
      const { verdict } = seen.judgement;
      finish(() => judged(accepted, verdict, via));
    } else if (seen.state === 'dead') finish(() => cameToNothing(n, id, 'dead-letter'));
  };
  const ask = () => see(read(id, traceparent), 'get');
  const withoutSocket = (): void => {
    if (over || asking !== undefined) return;
    countError('websocket');
    note({ event: 'error', n, id, kind: 'websocket' });
    asking = setInterval(ask, askEveryMs);
  };
  const givingUp = setTimeout(() => {
    ask();
    finish(() => cameToNothing(n, id, 'no-verdict'));
  }, verdictTimeoutMs);

  const socket = new WebSocket(settings.wsUrl, null, {
    headers: { traceparent },
    tags: { name: 'WS /submissions' },
  });
  // One that is still connecting cannot be closed without waiting for it: it is closed when it has opened.
  const closeIfOpen = () => {
    if (socket.readyState === openState) socket.close();
  };
  socket.onopen = () => {
    if (over) closeIfOpen();
    else socket.send(JSON.stringify({ type: 'watch', ids: [id] }));
  };
  socket.onmessage = (message) => {
    const { type, status } = JSON.parse(String(message?.data)) as { type: string; status?: Seen };
    if (type === 'status') see(status, 'websocket');
  };
  socket.onerror = withoutSocket;
  socket.onclose = withoutSocket;
}

function judged({ n, id, program, sentAtMs }: Accepted, verdict: Verdict, via: Via): void {
  const verdictMs = Date.now() - sentAtMs;
  const { expected } = program;
  const right = check(verdict, {
    'the verdict is the one that the program deserves': (said) => said === expected,
  });
  metrics.failed.add(false);
  metrics.wrongVerdicts.add(right ? 0 : 1);
  (via === 'websocket' ? metrics.verdictsByWebSocket : metrics.verdictsByGet).add(1);
  // What runs into the time limit takes as long as that: it says nothing of the judge.
  if (expected !== 'TLE') metrics.verdictDuration.add(verdictMs);
  note({ event: 'verdict', n, id, verdict, expected, via, verdictMs });
}

function cameToNothing(n: number, id: string, kind: ErrorKind): void {
  countError(kind);
  metrics.failed.add(true);
  note({ event: 'error', n, id, kind });
}

function read(id: string, traceparent: string): Seen | undefined {
  const reply = http.get(`${settings.baseUrl}/submissions/${id}`, {
    headers: { traceparent },
    tags: { name: 'GET /submissions/:id' },
    timeout: readTimeout,
  });
  return reply.status === 200 ? bodyOf<Seen>(reply) : undefined;
}

function idOf(reply: RefinedResponse<'text'>): string | undefined {
  const id = bodyOf<{ id?: unknown }>(reply)?.id;
  return typeof id === 'string' ? id : undefined;
}

function bodyOf<T>({ body }: RefinedResponse<'text'>): T | undefined {
  try {
    return JSON.parse(body ?? '') as T;
  } catch {
    return undefined;
  }
}

const requestTimedOut = 1050;

function kindOf({ status, error_code }: RefinedResponse<'text'>): ErrorKind {
  if (status === 0) return error_code === requestTimedOut ? 'timeout' : 'connection';
  if (status === 429) return 'queue-full';
  if (status === 503) return 'unavailable';
  return status >= 400 && status < 500 ? 'rejected' : 'server-error';
}

/** As the harness' table of outcomes has it: `http-<status>/<outcome>`, or what k6 calls the error of the connection. */
function codeOf(reply: RefinedResponse<'text'>): string {
  if (reply.status === 0) return `k6-${reply.error_code}`;
  const outcome = bodyOf<{ outcome?: unknown }>(reply)?.outcome;
  return typeof outcome === 'string' ? `http-${reply.status}/${outcome}` : `http-${reply.status}`;
}

/** Only where somebody collects it; on a terminal it would bury the table. */
export function note(line: JournalLine): void {
  if (settings.outDir !== undefined) console.log(JSON.stringify(line));
}
