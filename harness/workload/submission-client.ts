// The client of the judge: submits, reads back, and completes each op by what is known (outcome.ts).

import type { Recorder } from '../history.ts';
import type { Outcome } from '../op.ts';
import { outcomeOf } from '../outcome.ts';
import type { HttpClient, HttpReply } from './http-client.ts';
import { type PlannedJob, submissionOf } from './submission-plan.ts';

/** What a read of a submission showed; null when the API knows of none. */
export interface SeenRecord {
  id: string;
  state: string;
  attempts: number;
  version: number;
  verdict?: string;
}

/** How a submission ended for its client. */
export interface Answer {
  outcome: Outcome;
  /** Of the HTTP reply, if there was one. */
  status?: number;
  /** When the API wants to see it again. */
  retryAfterMs?: number;
}

const timeoutMs = 5000;

/** One `submit` op; resolves when it is completed, never rejects. The value of `ok` is `{id, status}`. */
export async function submit(
  http: HttpClient,
  history: Recorder,
  url: () => string,
  job: PlannedJob,
  patienceMs = timeoutMs,
): Promise<Answer> {
  const { id, batch, jobMs, resendOf } = job;
  const op = history.invoke('submit', { id, batch, jobMs, ...(resendOf !== undefined && { resendOf }) });
  try {
    const reply = await http.send('POST', `${url()}/submissions`, {
      json: submissionOf(job),
      headers: { 'idempotency-key': job.key },
      timeoutMs: patienceMs,
    });
    const { status } = reply;
    const retryAfter = reply.headers['retry-after'];
    const value = { id, status, retryAfter };
    if (status === 202) {
      op.complete('ok', value);
      return { outcome: 'ok', status };
    }
    const code = codeOf(reply);
    op.complete(outcomeOf(code), value, code);
    const answer = { outcome: outcomeOf(code), status };
    return Number(retryAfter) >= 0 ? { ...answer, retryAfterMs: Number(retryAfter) * 1000 } : answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    op.complete(outcomeOf(code), { id }, code);
    return { outcome: outcomeOf(code) };
  }
}

function codeOf({ status, body }: HttpReply): string {
  const outcome = (body as { outcome?: unknown } | null)?.outcome;
  return typeof outcome === 'string' ? `http-${status}/${outcome}` : `http-${status}`;
}

/**
 * The current state of a submission, null if there is none.
 * @throws {Error} when the API does not say
 */
export async function look(http: HttpClient, url: () => string, id: string): Promise<SeenRecord | null> {
  const { status, body } = await http.send('GET', `${url()}/submissions/${id}`, { timeoutMs });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`GET /submissions/${id} answered ${status}`);
  const { state, attempts, version, verdict, judgement } = body as SeenRecord & {
    judgement?: { verdict?: string };
  };
  const seen: SeenRecord = { id, state, attempts, version };
  const said = verdict ?? judgement?.verdict;
  return said === undefined ? seen : { ...seen, verdict: said };
}

/** One `read` op of the final reads. The value of `ok` is `{id, record}`. */
export async function finalRead(
  http: HttpClient,
  history: Recorder,
  url: () => string,
  id: string,
): Promise<void> {
  const op = history.invoke('read', { id });
  try {
    op.complete('ok', { id, record: await look(http, url, id) });
  } catch (error) {
    op.complete('fail', { id }, (error as Error).message);
  }
}
