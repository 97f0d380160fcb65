// How a worker comes back from connections that went silent. Pure.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { roundMs } from './quantile.ts';

/**
 * "noticed-in-time": from the silence to the first job that the worker claimed over a connection that it opened after
 * it, by itself, is at most `boundMs`.
 */
export function noticedWithin(boundMs: number): Rule {
  return (history) => {
    const silenced = faultsOf(history.events).filter(({ kind, landed }) => kind === 'half-open' && landed);
    if (silenced.length === 0) return tooLittle('no connection was silenced', { silenced: 0 });
    const reconnectsMs = silenced.flatMap((fault) => reconnectedAfterMs(fault) ?? []);
    const returnsMs = silenced.flatMap((fault) => backAfterMs(history, fault) ?? []);
    const slowestMs = largest(returnsMs);
    const evidence: Record<string, unknown> = { silenced: silenced.length };
    if (reconnectsMs.length > 0) evidence.reconnectMsMax = roundMs(largest(reconnectsMs));
    if (returnsMs.length > 0)
      Object.assign(evidence, { backAtWorkMsMax: roundMs(slowestMs), backAtWorkMsBound: boundMs });
    const never = silenced.length - returnsMs.length;
    const late = `a silenced worker was back at work after ${roundMs(slowestMs)} ms, at most ${boundMs} ms`;
    const detail =
      never > 0
        ? `${never} of ${silenced.length} silenced workers never came back to work by themselves`
        : !(slowestMs <= boundMs) && late;
    return finding('noticed-in-time', detail, evidence);
  };
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function reconnectedAfterMs({ proof }: Fault): number | undefined {
  return typeof proof.reconnectedAfterMs === 'number' ? proof.reconnectedAfterMs : undefined;
}

/** `undefined`: it never opened a connection, or never claimed a job over one. */
function backAfterMs({ ledger }: History, fault: Fault): number | undefined {
  const reconnectedMs = reconnectedAfterMs(fault);
  if (reconnectedMs === undefined) return undefined;
  const claim = ledger.find(
    ({ event, source, atMs }) =>
      event === 'claimed' && source === fault.target && atMs >= fault.atMs + reconnectedMs,
  );
  return claim && claim.atMs - fault.atMs;
}
