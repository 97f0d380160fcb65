// --queue: an adapter in the place of the one that a claim names. What it is asked to prove is what it promises.

import type { Contract, QueueAdapter } from '../services/shared/queue/queue.ts';
import type { Finding } from './checker/finding.ts';
import type { Claim, Experiment } from './claim.ts';

export interface QueueUnderTest {
  /** A name, or the absolute path of a file: what the services are given. */
  spec: string;
  adapter: Pick<QueueAdapter, 'name' | 'contract' | 'lacks'>;
}

/** Rules about a second execution or a second result, which at-least-once allows. */
const beyondAtLeastOnce = ['one-result', 'zombie-refused', 'no-redelivery'];

/** Whether an experiment has a queue at all. */
export function usesQueue({ system }: Experiment): boolean {
  return system.workers > 0 && system.apis > 0;
}

/** Why a claim says nothing of this adapter. */
export function whyNotAbout(
  { contract, about, needs = [] }: Claim,
  { name, contract: promised, lacks = {} }: QueueUnderTest['adapter'],
): string | undefined {
  if (about !== undefined && about !== name) return `it is about ${about}, not about ${name}`;
  if (contract !== undefined && !fits(contract, promised)) {
    return `it is about queues that promise ${contract}, and ${name} promises ${promised}`;
  }
  const missing = needs.map((capability) => lacks[capability]).find((why) => why !== undefined);
  return missing === undefined ? undefined : `${name} lacks it: ${missing}`;
}

/** What a queue that promises at least once is not asked for is no violation of it. */
export function asPromised(finding: Finding, contract: Contract): Finding {
  if (contract !== 'at-least-once') return finding;
  return {
    ...finding,
    violations: finding.violations.filter(({ rule }) => !beyondAtLeastOnce.includes(rule)),
  };
}

function fits(claimed: Contract, promised: Contract): boolean {
  return (claimed === 'at-most-once') === (promised === 'at-most-once');
}
