// Rules about how the API answers: failures, times, refusals. Pure.

import type { History } from '../history.ts';
import type { Op } from '../op.ts';
import { type Finding, finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';

/** An op with both its ends. */
export interface Exchange {
  f: string;
  invokedAtMs: number;
  durationMs: number;
  kind: 'ok' | 'fail' | 'info';
  sent: unknown;
  value: unknown;
  error?: string;
}

/** All completed ops of one kind, in the order of their completion. */
export function exchangesOf(history: History, f: string): Exchange[] {
  return pairsOf(history, f).done;
}

/** The invocations of one kind that were never completed: whoever waits for them still does. */
export function unansweredOf(history: History, f: string): Op[] {
  return pairsOf(history, f).open;
}

function pairsOf({ events }: History, f: string): { done: Exchange[]; open: Op[] } {
  const open = new Map<number, Op>();
  const done: Exchange[] = [];
  for (const event of events) {
    if (event.type !== 'op' || event.f !== f) continue;
    const { kind, process, atMs, value, error } = event;
    if (kind === 'invoke') {
      open.set(process, event);
      continue;
    }
    const invoked = open.get(process);
    if (invoked === undefined) continue;
    open.delete(process);
    const exchange = {
      f,
      invokedAtMs: invoked.atMs,
      durationMs: atMs - invoked.atMs,
      kind,
      sent: invoked.value,
      value,
    };
    done.push(error === undefined ? exchange : { ...exchange, error });
  }
  return { done, open: [...open.values()] };
}

/** What an HTTP reply said; empty when there was none. */
export function replyOf({ value }: { value: unknown }): { status?: number; retryAfter?: string } {
  return (value ?? {}) as { status?: number; retryAfter?: string };
}

/** Whether a refusal says when to come back: Retry-After of a second or more. */
export function saysWhen(reply: { retryAfter?: string }): boolean {
  return Number(reply.retryAfter) >= 1;
}

/** "no-failed-request": every submission was accepted. One that was never answered was not. */
export const noFailedRequest: Rule = (history) => {
  const answered = exchangesOf(history, 'submit');
  const unanswered = unansweredOf(history, 'submit').length;
  const requests = answered.length + unanswered;
  const refused = answered.filter(({ kind }) => kind !== 'ok');
  const failed = refused.length + unanswered;
  const evidence = { requests, failed };
  if (requests === 0) return tooLittle('nothing was submitted', evidence);
  const causes = [...Map.groupBy(refused, ({ error }) => error ?? '?')].map(
    ([error, { length }]) => `${length} × ${error}`,
  );
  if (unanswered > 0) causes.push(`${unanswered} × no answer`);
  const detail = `${failed} of ${requests} requests failed: ${causes.join(', ')}`;
  return finding('no-failed-request', failed > 0 && detail, evidence);
};

/**
 * "accept-independent": accepting takes at most `most` times as long with long jobs as with short ones. Compared are the
 * medians over the blocks of each block's p99, so that one hiccup of the machine is one block's. A submission without
 * an answer counts with the time that its client waited.
 * "accept-blocks": broken from `blocksFrom` times on: what inline execution must show.
 */
export function acceptIndependentOfJobLength({
  most,
  blocksFrom,
}: {
  most: number;
  blocksFrom: number;
}): Rule {
  return (history): Finding => {
    const requests = exchangesOf(history, 'submit').filter(({ kind }) => kind !== 'fail');
    const short = blockP99s(requests, 'short');
    const long = blockP99s(requests, 'long');
    if (short.length < 2 || long.length < 2)
      return tooLittle(`${short.length} short and ${long.length} long blocks`);
    const [shortMs, longMs] = [quantile(short, 0.5), quantile(long, 0.5)];
    const [acceptShortMsP99, acceptLongMsP99] = [roundMs(shortMs), roundMs(longMs)];
    const evidence = { requests: requests.length, acceptShortMsP99, acceptLongMsP99 };
    if (!(shortMs > 0)) return tooLittle('accepting short jobs took no time that can be measured', evidence);
    const ratio = longMs / shortMs;
    const said = `accepting takes p99 ${acceptLongMsP99} ms with long jobs, ${acceptShortMsP99} ms with short ones: ${ratio.toFixed(2)} ×`;
    const violations: Violation[] = [];
    if (!(ratio <= most))
      violations.push({ rule: 'accept-independent', detail: `${said}, at most ${most} ×` });
    if (ratio >= blocksFrom) violations.push({ rule: 'accept-blocks', detail: said });
    return { violations, evidence: { ...evidence, ratio } };
  };
}

function blockP99s(requests: readonly Exchange[], kind: string): number[] {
  const batchOf = ({ sent }: Exchange) => (sent as { batch: string }).batch;
  const blocks = Map.groupBy(
    requests.filter((request) => batchOf(request).startsWith(kind)),
    batchOf,
  );
  return [...blocks.values()].map((block) =>
    quantile(
      block.map(({ durationMs }) => durationMs),
      0.99,
    ),
  );
}

/** "refusal-says-when": what was not accepted got 429 or 503 with a Retry-After of at least a second. */
export const refusalsSayWhen: Rule = (history) => {
  const refused = exchangesOf(history, 'submit').filter(({ kind }) => kind !== 'ok');
  const unanswered = unansweredOf(history, 'submit');
  const bad = refused.filter((exchange) => {
    const reply = replyOf(exchange);
    return !((reply.status === 429 || reply.status === 503) && saysWhen(reply));
  });
  const evidence = { refusals: refused.length };
  if (refused.length + unanswered.length === 0) return tooLittle('nothing was refused', evidence);
  const wrong = bad.length + unanswered.length;
  const first = bad[0] ? `, the first: ${bad[0].error ?? replyOf(bad[0]).status}` : '';
  const detail = `${bad.length} of ${refused.length} refusals had no 429 or 503 with Retry-After${first}; ${unanswered.length} submissions got no answer`;
  return finding('refusal-says-when', wrong > 0 && detail, evidence);
};

/** "queue-bounded": in every sample at most `cap` jobs waited; and the load was enough to reach the cap. */
export function queueBounded(cap: number): Rule {
  return ({ events }) => {
    let samples = 0;
    let deepest = 0;
    for (const event of events) {
      if (event.type !== 'observation' || event.f !== 'counts') continue;
      const { queued } = event.value as { queued?: number };
      // What is no number is no sample: it must not pass for a short queue.
      if (!Number.isFinite(queued)) continue;
      samples++;
      deepest = Math.max(deepest, queued!);
    }
    const evidence = { samples, deepest, cap };
    if (deepest > cap) return finding('queue-bounded', `${deepest} jobs waited, the cap is ${cap}`, evidence);
    if (samples < 20 || deepest < cap * 0.9) return tooLittle('the load never filled the queue', evidence);
    return finding('queue-bounded', false, evidence);
  };
}
