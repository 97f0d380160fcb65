// Rules about how the API answers: failures, times, refusals. Pure.

import type { History } from '../history.ts';
import type { Op } from '../op.ts';
import { type Finding, finding, type Rule, tooLittle } from './finding.ts';
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
export function exchangesOf({ events }: History, f: string): Exchange[] {
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
  return done;
}

/** "no-failed-request": every submission was accepted. */
export const noFailedRequest: Rule = (history) => {
  const requests = exchangesOf(history, 'submit');
  const failed = requests.filter(({ kind }) => kind !== 'ok');
  const causes = [...Map.groupBy(failed, ({ error }) => error ?? '?')].map(
    ([error, { length }]) => `${length} × ${error}`,
  );
  const detail = `${failed.length} of ${requests.length} requests failed: ${causes.join(', ')}`;
  return finding('no-failed-request', failed.length > 0 && detail, {
    requests: requests.length,
    failed: failed.length,
  });
};

/**
 * "accept-independent": accepting takes at most `most` times as long with long jobs as with short ones. Compared are the
 * medians over the blocks of each block's p99, so that one hiccup of the machine is one block's.
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
    const requests = exchangesOf(history, 'submit').filter(({ kind }) => kind === 'ok');
    const batchOf = ({ sent }: Exchange) => (sent as { batch: string }).batch;
    const p99s = (kind: string) =>
      [
        ...Map.groupBy(
          requests.filter((request) => batchOf(request).startsWith(kind)),
          batchOf,
        ).values(),
      ].map((block) =>
        quantile(
          block.map(({ durationMs }) => durationMs),
          0.99,
        ),
      );
    const short = p99s('short');
    const long = p99s('long');
    if (short.length < 2 || long.length < 2)
      return tooLittle(`${short.length} short and ${long.length} long blocks`);
    const acceptShortMsP99 = roundMs(quantile(short, 0.5));
    const acceptLongMsP99 = roundMs(quantile(long, 0.5));
    const ratio = quantile(long, 0.5) / quantile(short, 0.5);
    const evidence = { requests: requests.length, acceptShortMsP99, acceptLongMsP99, ratio };
    const said = `accepting takes p99 ${acceptLongMsP99} ms with long jobs, ${acceptShortMsP99} ms with short ones: ${ratio.toFixed(2)} ×`;
    const violations = [];
    if (ratio > most) violations.push({ rule: 'accept-independent', detail: `${said}, at most ${most} ×` });
    if (ratio >= blocksFrom) violations.push({ rule: 'accept-blocks', detail: said });
    return { violations, evidence };
  };
}

/** "refusal-says-when": what was not accepted got 429 or 503 with a Retry-After of at least a second. */
export const refusalsSayWhen: Rule = (history) => {
  const refused = exchangesOf(history, 'submit').filter(({ kind }) => kind !== 'ok');
  const bad = refused.filter(({ value }) => {
    const { status, retryAfter } = value as { status?: number; retryAfter?: string };
    return !((status === 429 || status === 503) && Number(retryAfter) >= 1);
  });
  const detail = `${bad.length} of ${refused.length} refusals had no 429 or 503 with Retry-After, the first: ${bad[0]?.error}`;
  return finding('refusal-says-when', bad.length > 0 && detail, { refusals: refused.length });
};

/** "queue-bounded": in every sample at most `cap` jobs waited; and the load was enough to reach the cap. */
export function queueBounded(cap: number): Rule {
  return ({ events }) => {
    const depths = events.flatMap((event) =>
      event.type === 'observation' && event.f === 'counts'
        ? [(event.value as { queued: number }).queued]
        : [],
    );
    const deepest = Math.max(0, ...depths);
    const evidence = { samples: depths.length, deepest, cap };
    if (deepest > cap) return finding('queue-bounded', `${deepest} jobs waited, the cap is ${cap}`, evidence);
    if (depths.length < 20 || deepest < cap * 0.9)
      return tooLittle('the load never filled the queue', evidence);
    return finding('queue-bounded', false, evidence);
  };
}
