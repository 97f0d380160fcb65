// Names why a job was lost or done twice, where the history shows it. Pure.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import type { JobAccount } from './accounting.ts';

/** One sentence of what the history shows about the end of this job. */
export function causeOf(job: JobAccount, history: History): string {
  const faults = faultsOf(history.events);
  const last = job.lastLine;
  const state = `its record says "${job.finalState ?? 'nothing: it could not be read'}"`;
  if (last === undefined) {
    const during = faults.find(
      (fault) => fault.target.startsWith('redis') && covers(fault, job.acknowledgedAtMs),
    );
    const context = during ? `; acknowledged while ${during.target} was under ${during.kind}` : '';
    return `no worker ever claimed it; ${state}${context}`;
  }
  const claimed = `${last.event} by ${last.source} at ${Math.round(last.atMs)} ms (attempt ${last.attempt ?? '?'})`;
  const killed = faults.find(({ target, atMs }) => target === last.source && atMs >= last.atMs);
  if (killed)
    return `${claimed}, then ${last.source} met ${killed.kind} at ${Math.round(killed.atMs)} ms; ${state}`;
  return `${claimed} and nothing after; ${state}`;
}

function covers({ atMs, healedAtMs }: Fault, moment: number | undefined): boolean {
  return moment !== undefined && moment >= atMs - 50 && moment <= (healedAtMs ?? Number.POSITIVE_INFINITY);
}
