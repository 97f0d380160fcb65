// Rules about what a fault did and how the system came back from it. Pure.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import { type Finding, finding, type Rule, tooLittle } from './finding.ts';
import { roundMs } from './quantile.ts';
import { accountOf } from './queue-rules.ts';
import { exchangesOf } from './request-rules.ts';

/** "zombie-refused": every ack that a woken worker sent for a job that had changed hands was refused by the fence. */
export const zombiesRefused: Rule = (history) => {
  const zombies = faultsOf(history.events).filter(({ kind, landed }) => kind === 'worker-pause' && landed);
  const acks = zombies.flatMap(({ proof }) => (proof.lateAcks ?? []) as { job: string; outcome: string }[]);
  const accepted = acks.filter(({ outcome }) => outcome !== 'stale');
  const evidence = {
    zombies: zombies.length,
    lateAcks: acks.length,
    refusedAcks: acks.length - accepted.length,
  };
  if (accepted.length > 0) {
    const detail = `${accepted.length} of ${acks.length} late acks were accepted, the first for ${accepted[0]!.job}`;
    return finding('zombie-refused', detail, evidence);
  }
  if (acks.length < zombies.length)
    return tooLittle(`${zombies.length} zombies sent only ${acks.length} late acks`, evidence);
  return finding('zombie-refused', false, evidence);
};

/** "drained": every worker that got a SIGTERM ended by itself with status 0 within the grace time. */
export function drainedWithin(graceMs: number): Rule {
  return (history) => {
    const ended = faultsOf(history.events).filter(
      ({ kind }) => kind === 'worker-terminate' || kind === 'worker-kill',
    );
    const bad = ended.filter(({ proof }) => proof.exitCode !== 0 || (proof.exitAfterMs as number) > graceMs);
    const slowest = Math.max(0, ...ended.map(({ proof }) => Number(proof.exitAfterMs ?? 0)));
    const detail = `${bad.length} of ${ended.length} workers did not drain; ${bad[0]?.target}: ${JSON.stringify(bad[0]?.proof)}`;
    return finding('drained', bad.length > 0 && detail, {
      terminated: ended.length,
      drainMsMax: roundMs(slowest),
    });
  };
}

/** "replaced-cleanly": every old instance exited by itself with status 0. */
export const replacedCleanly: Rule = ({ events }) => {
  const replaced = faultsOf(events).filter(({ kind }) => kind.endsWith('-replace'));
  const bad = replaced.filter(({ proof }) => proof.exitCode !== 0);
  const detail = `${bad.length} of ${replaced.length} instances did not exit cleanly; ${bad[0]?.target}: ${JSON.stringify(bad[0]?.proof)}`;
  return finding('replaced-cleanly', bad.length > 0 && detail, { replaced: replaced.length });
};

/** "resumed-in-time": each time Redis was back, a job was done within `boundMs`, without a restart of any service. */
export function resumedWithin(boundMs: number): Rule {
  return (history) => {
    const restarts = faultsOf(history.events).filter(({ kind }) => kind === 'redis-kill');
    const waits = restarts.map((fault) => ({ fault, waitMs: firstDoneAfter(history, fault) }));
    const never = waits.filter(({ waitMs }) => waitMs === undefined);
    const known = waits.flatMap(({ waitMs }) => (waitMs === undefined ? [] : [waitMs]));
    const resumedMsMax = roundMs(Math.max(0, ...known));
    const evidence = { restarts: restarts.length, resumedMsMax, resumedMsBound: boundMs };
    if (never.length > 0) {
      return finding(
        'resumed-in-time',
        `after ${never.length} of ${restarts.length} restarts no job was done any more`,
        evidence,
      );
    }
    const detail = `after a restart the first job was done only ${resumedMsMax} ms later, at most ${boundMs} ms`;
    return finding('resumed-in-time', resumedMsMax > boundMs && detail, evidence);
  };
}

function firstDoneAfter({ ledger }: History, { healedAtMs }: Fault): number | undefined {
  if (healedAtMs === null) return undefined;
  const done = ledger.find(
    ({ event, outcome, atMs }) => event === 'acked' && outcome !== 'stale' && atMs > healedAtMs,
  );
  return done && done.atMs - healedAtMs;
}

/** While Redis is surely gone: from 100 ms after its end to the moment its restart began. */
function outagesOf({ events }: History): { fromMs: number; toMs: number }[] {
  return faultsOf(events)
    .filter(({ kind, healedAtMs }) => kind === 'redis-kill' && healedAtMs !== null)
    .map(({ atMs, proof }) => ({ fromMs: atMs + 100, toMs: atMs + Number(proof.restartBeganAfterMs) }));
}

/**
 * "outage-is-an-error": while Redis is gone every submission is answered 503 with Retry-After within `boundMs`.
 * "liveness-stays": /healthz answers 200 all the time. "readiness-follows": /readyz says no during the outage, and yes
 * again after it.
 */
export function outageIsAnError(boundMs: number): Rule {
  return (history): Finding => {
    const outages = outagesOf(history);
    const during = ({ invokedAtMs }: { invokedAtMs: number }) =>
      outages.some(({ fromMs, toMs }) => invokedAtMs >= fromMs && invokedAtMs <= toMs - boundMs);
    const submits = exchangesOf(history, 'submit').filter(during);
    const wrong = submits.filter(({ durationMs, value }) => {
      const { status, retryAfter } = value as { status?: number; retryAfter?: string };
      return durationMs > boundMs || status !== 503 || !(Number(retryAfter) >= 1);
    });
    const slowest = Math.max(0, ...submits.map(({ durationMs }) => durationMs));
    const healths = exchangesOf(history, 'healthz');
    const dead = healths.filter(
      ({ value, kind }) => kind !== 'ok' || (value as { status: number }).status !== 200,
    );
    const readies = exchangesOf(history, 'readyz');
    const readyInOutage = readies
      .filter(during)
      .filter(({ value }) => (value as { status?: number }).status === 200);
    const last = readies.at(-1);
    const recovered = last !== undefined && (last.value as { status?: number }).status === 200;
    const evidence = {
      answeredInOutage: submits.length,
      answerMsMax: roundMs(slowest),
      answerMsBound: boundMs,
      healthProbes: healths.length,
    };
    const violations = [];
    if (wrong.length > 0) {
      const [first] = wrong;
      const said = `${(first!.value as { status?: number }).status ?? first!.error} after ${Math.round(first!.durationMs)} ms`;
      const detail = `${wrong.length} of ${submits.length} submissions were not answered 503 with Retry-After within ${boundMs} ms; the first: ${said}`;
      violations.push({ rule: 'outage-is-an-error', detail });
    }
    if (dead.length > 0)
      violations.push({ rule: 'liveness-stays', detail: `/healthz failed ${dead.length} times` });
    if (readyInOutage.length > 0 || !recovered) {
      const detail = recovered
        ? `/readyz said yes ${readyInOutage.length} times without Redis`
        : '/readyz never said yes again';
      violations.push({ rule: 'readiness-follows', detail });
    }
    if (violations.length === 0 && submits.length < 20)
      return tooLittle(`only ${submits.length} submissions in the outage`, evidence);
    return { violations, evidence };
  };
}

/**
 * "quarantined": the poison job was delivered at most `attempts` times before it became a dead letter.
 * "redriven": the redrive ran it again, to a result. "others-unharmed": the same other jobs took at most `factor` times
 * as long, from the first one sent to the last one done, as without the poison job.
 */
export function poisonIsQuarantined(poisonId: string, attempts: number, factor: number): Rule {
  return (history): Finding => {
    const { jobs } = accountOf(history);
    const poison = jobs.get(poisonId);
    const redrivenAtMs = exchangesOf(history, 'redrive').find(({ kind }) => kind === 'ok')?.invokedAtMs;
    const before =
      poison?.claims.filter(({ atMs }) => redrivenAtMs === undefined || atMs < redrivenAtMs).length ?? 0;
    const faultFreeMs = makespanMs(history, 'steady');
    const withPoisonMs = makespanMs(history, 'load');
    const ratio = withPoisonMs / faultFreeMs;
    const evidence = {
      attempts: before,
      attemptsAtMost: attempts,
      faultFreeMs: Math.round(faultFreeMs),
      withPoisonMs: Math.round(withPoisonMs),
      ratio,
    };
    const violations = [];
    if (before > attempts || redrivenAtMs === undefined) {
      const then = redrivenAtMs === undefined ? ' and never became a dead letter' : '';
      const detail = `the poison job was delivered ${before} times, at most ${attempts}${then}`;
      violations.push({ rule: 'quarantined', detail });
    }
    const ranAgain = (poison?.claims.length ?? 0) > before && poison?.finalState === 'done';
    if (redrivenAtMs !== undefined && !ranAgain) {
      violations.push({ rule: 'redriven', detail: `after the redrive the job is "${poison?.finalState}"` });
    }
    if (!(ratio <= factor)) {
      const detail = `the other jobs took ${ratio.toFixed(2)} × their fault-free time, at most ${factor} ×`;
      violations.push({ rule: 'others-unharmed', detail });
    }
    return { violations, evidence };
  };
}

/** From the first submission of a batch to the last result of it. */
function makespanMs(history: History, batch: string): number {
  const sent = exchangesOf(history, 'submit').filter(
    (exchange) => (exchange.sent as { batch: string }).batch === batch,
  );
  const ids = new Set(sent.map((exchange) => (exchange.sent as { id: string }).id));
  const done = history.ledger
    .filter(({ event, job }) => event === 'acked' && ids.has(job))
    .map(({ atMs }) => atMs);
  return Math.max(...done) - Math.min(...sent.map(({ invokedAtMs }) => invokedAtMs));
}
