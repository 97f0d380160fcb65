// From what both arms of a claim showed to its verdict. Pure; the order of the questions is the meaning.

import type { Finding } from './checker/finding.ts';
import type { StoredTraces } from './checker/traces.ts';
import type { Steady } from './claim.ts';
import type { Fault } from './op.ts';

export type Verdict = 'held' | 'refuted' | 'unknown' | 'skipped';

/** What running one experiment gave. */
export interface Arm {
  /** Why it did not run at all on this machine, and how to make it. */
  skipped?: string;
  /** It did not come to its end: a service did not start, a phase threw. */
  error?: string;
  steady?: Steady;
  faults: Fault[];
  /** How many faults had to land. */
  landedAtLeast: number;
  finding?: Finding;
  checkerError?: string;
  /** The jobs that it is about, by their traces; where services ran. */
  traces?: StoredTraces;
  durationMs: number;
}

export interface Judged {
  verdict: Verdict;
  why: string;
  controlFailedAsExpected: boolean;
}

/** What a control must show: at least one of these rules broken, and none of those. */
export interface Expected {
  mustBreak: readonly string[];
  mustHold?: readonly string[];
}

export function judgeClaim(arm: Arm, control: Arm, expected: Expected): Judged {
  if (arm.skipped !== undefined)
    return { verdict: 'skipped', why: arm.skipped, controlFailedAsExpected: false };

  const controlFlaw = flawOf(control) ?? blindnessOf(control, expected);
  const controlFailedAsExpected = controlFlaw === undefined;
  const say = (verdict: Verdict, why: string): Judged => ({ verdict, why, controlFailedAsExpected });

  const violations = arm.finding?.violations ?? [];
  const failure = failureOf(arm);
  if (failure !== undefined) return say('unknown', failure);
  if (violations.length > 0) return say('refuted', summary(violations));
  if (control.skipped !== undefined) return say('skipped', control.skipped);
  const doubt = doubtOf(arm);
  if (doubt !== undefined) return say('unknown', doubt);
  if (controlFlaw !== undefined) return say('unknown', `the control did not fail: ${controlFlaw}`);
  return say('held', 'no rule was broken, and the control broke as it must');
}

/**
 * Why nothing can be said from an arm, not even that a rule was broken: some rules are broken exactly when a fault does
 * nothing ("at least one job is lost"). What was broken all the same is said, so that it is not overlooked.
 */
function failureOf(arm: Arm): string | undefined {
  if (arm.error !== undefined) return arm.error;
  if (arm.checkerError !== undefined) return `the checker threw: ${arm.checkerError}`;
  if (arm.finding === undefined) return 'nothing was checked';
  const landed = arm.faults.filter((fault) => fault.landed).length;
  if (landed < arm.landedAtLeast) {
    const { violations } = arm.finding;
    const yet = violations.length > 0 ? `; broken all the same: ${summary(violations)}` : '';
    return `${landed} of the ${arm.landedAtLeast} faults that are needed had an effect${yet}`;
  }
  return undefined;
}

/** Why an arm without violations is no evidence either. */
function doubtOf(arm: Arm): string | undefined {
  if (arm.steady?.passed === false) return `the fault-free steady state did not pass: ${arm.steady.why}`;
  return arm.finding?.insufficient;
}

function flawOf(control: Arm): string | undefined {
  return (
    control.skipped ?? failureOf(control) ?? (control.steady?.passed === false ? doubtOf(control) : undefined)
  );
}

function blindnessOf(control: Arm, { mustBreak, mustHold = [] }: Expected): string | undefined {
  const broken = new Set(control.finding?.violations.map(({ rule }) => rule));
  const tooMuch = control.finding?.violations.find(({ rule }) => mustHold.includes(rule));
  if (tooMuch !== undefined) return `it broke more than it may: ${tooMuch.rule}: ${tooMuch.detail}`;
  if (mustBreak.some((rule) => broken.has(rule))) return undefined;
  return `it broke ${broken.size === 0 ? 'no rule' : [...broken].join(', ')} instead of ${mustBreak.join(' or ')}`;
}

function summary(violations: readonly { rule: string; detail: string }[]): string {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return `${first?.rule}: ${first?.detail}${more}`;
}
