// Names why a job was lost or done twice, where the history shows it. Pure.

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { Fault } from '../op.ts';
import type { JobAccount } from './accounting.ts';

/**
 * One sentence of what the history shows about the end of this job.
 * @param faults those of the same history
 */
export function causeOf(job: JobAccount, faults: readonly Fault[]): string {
  const last = job.lastLine;
  const state = `its record says "${job.finalState ?? 'nothing: it could not be read'}"`;
  if (last === undefined) {
    const during = faults.find(
      (fault) => fault.target.startsWith('redis') && covers(fault, job.acknowledgedAtMs),
    );
    const context = during ? `; acknowledged while ${during.target} was under ${during.kind}` : '';
    return `${neverHeard(job, faults) ?? 'no worker ever claimed it'}; ${state}${context}`;
  }
  const claims = job.claims.length > 1 ? `claimed by ${job.claims.map(claimant).join(' and ')}; ` : '';
  const outcome = last.outcome === 'stale' ? ' (stale)' : '';
  const what = `${last.event}${outcome} by ${last.source} at ${Math.round(last.atMs)} ms (attempt ${last.attempt ?? '?'})`;
  return `${claims}${what}${whatCameThen(last, faults)}; ${state}`;
}

/** Redis gave it to a worker, and the reply that said so never arrived. */
function neverHeard({ id }: JobAccount, faults: readonly Fault[]): string | undefined {
  const swallowed = faults.find(
    ({ proof: { unheard, moment, job } }) =>
      (Array.isArray(unheard) && unheard.includes(id)) || (moment === 'claim' && job === id),
  );
  if (swallowed === undefined) return undefined;
  const { kind, target, atMs } = swallowed;
  return `given to ${target}, which never heard of it (${kind} at ${Math.round(atMs)} ms)`;
}

function whatCameThen(last: LedgerLine, faults: readonly Fault[]): string {
  // Who took it from its owner, or gave it back, had it no longer: what happened to them later is no cause.
  if (last.event === 'reaped' || last.event === 'released') return ' and never claimed again';
  const met = faults.find(({ target, atMs }) => target === last.source && atMs >= last.atMs);
  if (met === undefined) return ' and nothing after';
  return `, then ${last.source} met ${met.kind} at ${Math.round(met.atMs)} ms`;
}

function claimant({ source, atMs }: LedgerLine): string {
  return `${source} at ${Math.round(atMs)} ms`;
}

function covers({ atMs, healedAtMs }: Fault, moment: number | undefined): boolean {
  return moment !== undefined && moment >= atMs - 50 && moment <= (healedAtMs ?? Number.POSITIVE_INFINITY);
}
