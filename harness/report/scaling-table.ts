// How throughput grows with workers: what was measured beside the Universal Scalability Law that was fitted to it, one table
// for each experiment that measured it. Pure; how a table looks is the business of the terminal and the page.

import { type ScalabilityPoint, throughputAt, type Usl } from '../checker/usl.ts';
import { count } from './figures.ts';
import type { Table } from './persistence-table.ts';
import type { ClaimResult } from './result.ts';

/** What an experiment showed of scalability. */
export interface Scalability {
  points: readonly ScalabilityPoint[];
  usl: Usl;
}

export function scalabilityOf(evidence: Record<string, unknown>): Scalability | undefined {
  const { scalability: points, usl } = evidence as { scalability?: ScalabilityPoint[]; usl?: Usl };
  return points === undefined || usl === undefined ? undefined : { points, usl };
}

export function scalingTables(claims: readonly ClaimResult[]): Table[] {
  return claims.flatMap(({ id, evidence, control }) => {
    const arms = [
      { name: id, shown: scalabilityOf(evidence) },
      { name: `its control, ${control.statement}`, shown: scalabilityOf(control.evidence) },
    ].flatMap(({ name, shown }) => (shown === undefined ? [] : [{ name, shown }]));
    // One scale for both, so that their bars can be compared.
    const most = Math.max(...arms.flatMap(({ shown }) => shown.points.map((point) => point.jobsPerSecond)));
    return arms.map(({ name, shown }) => tableOf(name, shown, most));
  });
}

const barLength = 24;

function tableOf(name: string, { points, usl }: Scalability, most: number): Table {
  return {
    title: `${name}: ${describeUsl(usl, points)}`,
    head: ['workers', 'jobs/s', '', 'fitted', 'efficiency'],
    rows: points.map(({ workers, jobsPerSecond, efficiency }) => [
      count(workers),
      count(jobsPerSecond),
      '█'.repeat(Math.max(1, Math.round((jobsPerSecond / most) * barLength))),
      count(throughputAt(usl, workers)),
      efficiency.toFixed(2),
    ]),
  };
}

/** "λ 18.9 jobs/s, σ 0.0031, κ 0.000046; its peak, at 148 workers, is far beyond what was measured" */
export function describeUsl(
  { lambda, sigma, kappa, peakWorkers }: Usl,
  points: readonly ScalabilityPoint[],
): string {
  const most = Math.max(...points.map(({ workers }) => workers));
  const law = `λ ${count(lambda)} jobs/s, σ ${count(sigma)}, κ ${count(kappa)}`;
  if (peakWorkers === null) return `${law}; no peak`;
  const peak = Math.round(peakWorkers);
  if (peak > most) return `${law}; no peak within ${most} workers, predicted at ${count(peak)}`;
  return `${law}; peak predicted at ${peak === 1 ? 'one worker' : `${peak} workers`}`;
}
