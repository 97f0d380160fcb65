// What the API must do while Redis is gone: answer, say so, stay alive, and come back. Pure.

import type { History } from '../history.ts';
import { faultsOf } from '../op.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { roundMs } from './quantile.ts';
import { type Exchange, exchangesOf, replyOf, saysWhen, unansweredOf } from './request-rules.ts';

interface Outage {
  fromMs: number;
  toMs: number;
}

/** Fewer submissions in the outage than that say little. */
const submissionsAtLeast = 20;

/**
 * "outage-is-an-error": while Redis is gone every submission is answered 503 with Retry-After within `boundMs`.
 * "liveness-stays": /healthz answers 200 all the time. "readiness-follows": /readyz says no during the outage, and yes
 * again after it.
 */
export function outageIsAnError(boundMs: number): Rule {
  return (history): Finding => {
    const outages = outagesOf(history);
    const during = (atMs: number) =>
      outages.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs - boundMs);
    const submits = exchangesOf(history, 'submit').filter(({ invokedAtMs }) => during(invokedAtMs));
    const unanswered = unansweredOf(history, 'submit').filter(({ atMs }) => during(atMs)).length;
    const healths = exchangesOf(history, 'healthz');
    const readies = exchangesOf(history, 'readyz');
    const probed = readies.filter(({ invokedAtMs }) => during(invokedAtMs));
    const over = outages.at(-1)?.toMs ?? Number.POSITIVE_INFINITY;
    const after = readies.filter(({ invokedAtMs }) => invokedAtMs > over);
    const slowest = submits.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
    const evidence = {
      answeredInOutage: submits.length,
      answerMsMax: roundMs(slowest),
      answerMsBound: boundMs,
      healthProbes: healths.length,
    };
    const violations = [
      ...wrongAnswers(submits, unanswered, boundMs),
      ...lostLiveness(healths.filter(isNot200).length + unansweredOf(history, 'healthz').length),
      ...wrongReadiness(probed, after),
    ];
    if (violations.length > 0) return { violations, evidence };
    if (submits.length < submissionsAtLeast)
      return tooLittle(`only ${submits.length} submissions in the outage`, evidence);
    if (healths.length === 0 || probed.length === 0 || after.length === 0)
      return tooLittle('liveness or readiness was not probed in the outage and after it', evidence);
    return { violations, evidence };
  };
}

/**
 * While Redis surely takes no write: from 100 ms after its end to the moment its restart began; or, with a full disk, from
 * when it noticed to when there was room again.
 */
function outagesOf({ events }: History): Outage[] {
  return faultsOf(events).flatMap(({ kind, healedAtMs, atMs, proof }) => {
    const endedAfterMs = { 'redis-kill': proof.restartBeganAfterMs, 'disk-full': proof.freedAfterMs }[kind];
    if (healedAtMs === null || endedAfterMs === undefined) return [];
    return [{ fromMs: atMs + 100, toMs: atMs + Number(endedAfterMs) }];
  });
}

function isNot200(exchange: Exchange): boolean {
  return exchange.kind !== 'ok' || replyOf(exchange).status !== 200;
}

function wrongAnswers(submits: readonly Exchange[], unanswered: number, boundMs: number): Violation[] {
  const wrong = submits.filter((exchange) => {
    const reply = replyOf(exchange);
    return !(exchange.durationMs <= boundMs) || reply.status !== 503 || !saysWhen(reply);
  });
  if (wrong.length + unanswered === 0) return [];
  const [first] = wrong;
  const said = first
    ? `${replyOf(first).status ?? first.error} after ${Math.round(first.durationMs)} ms`
    : 'no answer at all';
  const detail = `${wrong.length + unanswered} of ${submits.length + unanswered} submissions were not answered 503 with Retry-After within ${boundMs} ms; the first: ${said}`;
  return [{ rule: 'outage-is-an-error', detail }];
}

function lostLiveness(failed: number): Violation[] {
  return failed === 0 ? [] : [{ rule: 'liveness-stays', detail: `/healthz failed ${failed} times` }];
}

function wrongReadiness(probed: readonly Exchange[], after: readonly Exchange[]): Violation[] {
  const rule = 'readiness-follows';
  const yes = probed.filter((probe) => !isNot200(probe)).length;
  if (yes > 0) return [{ rule, detail: `/readyz said yes ${yes} times without Redis` }];
  const last = after.at(-1);
  if (last === undefined || !isNot200(last)) return [];
  return [{ rule, detail: '/readyz never said yes again' }];
}
