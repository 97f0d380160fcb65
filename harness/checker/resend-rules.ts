// What clients that send again may expect: one job for one intention, and a word in the end. Pure.

import type { History } from '../history.ts';
import type { JobAccount } from './accounting.ts';
import { type Rule, tooLittle, type Violation } from './finding.ts';
import { accountOf } from './queue-rules.ts';

/** What a client meant to submit once, however often it sent it. */
interface Intent {
  /** Under which it was sent first. */
  id: string;
  /** All ids under which it was sent; one, if each try carried the same key. */
  ids: Set<string>;
  tries: number;
  told: boolean;
}

/**
 * "one-job-each": each submission that a client meant, however often it was sent, was executed as one job at most.
 * "told-at-last": each client was told in the end that its submission was accepted.
 */
export const oneJobEach: Rule = (history) => {
  const { jobs } = accountOf(history);
  const intents = intentsOf(history);
  const again = intents.filter(({ tries }) => tries > 1);
  const jobsOf = ({ ids }: Intent) => [...ids].filter((id) => wasExecuted(jobs.get(id)));
  const twice = intents.filter((intent) => jobsOf(intent).length > 1);
  const untold = intents.filter(({ told }) => !told);
  const evidence = { intended: intents.length, sentAgain: again.length, duplicated: twice.length };
  const violations: Violation[] = [];
  const [first] = twice;
  if (first !== undefined) {
    const detail = `${twice.length} of ${intents.length} intended submissions were executed as more than one job, the first as ${jobsOf(first).join(' and ')}`;
    violations.push({ rule: 'one-job-each', detail });
  }
  if (untold.length > 0) {
    const detail = `${untold.length} of ${intents.length} intended submissions were never accepted, the first ${untold[0]!.id} after ${untold[0]!.tries} tries`;
    violations.push({ rule: 'told-at-last', detail });
  }
  if (violations.length > 0) return { violations, evidence };
  if (again.length === 0) return tooLittle('no client had to send its submission again', evidence);
  return { violations, evidence };
};

function intentsOf({ events }: History): Intent[] {
  const intents = new Map<string, Intent>();
  const firstOf = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'op' || event.f !== 'submit') continue;
    const { id, resendOf } = event.value as { id: string; resendOf?: string };
    if (event.kind === 'invoke') firstOf.set(id, resendOf ?? id);
    const first = firstOf.get(id) ?? id;
    const intent = intents.get(first) ?? { id: first, ids: new Set(), tries: 0, told: false };
    intents.set(first, intent);
    intent.ids.add(id);
    if (event.kind === 'invoke') intent.tries++;
    if (event.kind === 'ok') intent.told = true;
  }
  return [...intents.values()];
}

function wasExecuted(job: JobAccount | undefined): boolean {
  if (job === undefined) return false;
  return job.claims.length + job.starts + job.acceptedAcks > 0 || job.finalState === 'done';
}
