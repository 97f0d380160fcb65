// What a run results in: the shape of results.json (schema 1), and the events that reporters get on the way. Types only.

import type { StoredTraces } from '../checker/traces.ts';
import type { Claim } from '../claim.ts';
import type { JobsSoFar } from '../jobs-so-far.ts';
import type { Fault, FaultEvent } from '../op.ts';
import type { Arm, Verdict } from '../verdict.ts';

export interface ClaimResult {
  id: string;
  section: string;
  statement: string;
  contract?: string;
  verdict: Verdict;
  /** One line. */
  why: string;
  /** Figures, names with units last. */
  evidence: Record<string, unknown>;
  faults: Fault[];
  /** Lost, duplicated and redelivered jobs, where services ran. */
  traces?: StoredTraces;
  control: {
    statement: string;
    failedAsExpected: boolean;
    why: string;
    evidence: Record<string, unknown>;
    faults: Fault[];
    traces?: StoredTraces;
  };
  durationMs: number;
  /** With --repeat: each of the runs, of which the fields above show the worst. */
  repeats?: { seed: number; verdict: Verdict; why: string }[];
}

/** What can be asked of an experiment once it runs, also after its end. */
export interface RunningArm {
  /** Where its history's clock begins, in ms since 1970. */
  beganAtMs: number;
  jobs(): JobsSoFar;
}

export interface RunInfo {
  id: string;
  startedAt: string;
  durationMs: number;
  seed: number;
  /** null outside a git checkout. */
  commit: string | null;
  node: string;
  platform: string;
  cpus: number;
  redis: { version: string; provider: 'binary' | 'docker' | 'external'; image?: string };
  /** What the services were: processes of this machine, or the containers of compose.yaml. */
  system: 'processes' | 'compose';
  /** With --queue: the adapter that took the place of each claim's own, and what it promises. */
  queue?: { name: string; contract: string };
}

export interface Results {
  schema: 1;
  run: RunInfo;
  claims: ClaimResult[];
  summary: Record<Verdict, number>;
}

/** A sink of a run's events. Every hook is optional; one that throws is reported once and does not stop the run. */
export interface Reporter {
  runStarted?(run: RunInfo, claims: readonly Claim[], from: string): void;
  claimStarted?(claim: Claim): void;
  armStarted?(claim: Claim, arm: 'claim' | 'control', running: RunningArm): void;
  phase?(claim: Claim, arm: 'claim' | 'control', phase: string): void;
  fault?(claim: Claim, arm: 'claim' | 'control', fault: FaultEvent): void;
  armFinished?(claim: Claim, arm: 'claim' | 'control', result: Arm): void;
  claimFinished?(result: ClaimResult): void;
  runFinished?(results: Results, dir: string): void;
}

export const verdictOrder: readonly Verdict[] = ['refuted', 'unknown', 'skipped', 'held'];

export function summaryOf(claims: readonly ClaimResult[]): Record<Verdict, number> {
  const summary = { held: 0, refuted: 0, unknown: 0, skipped: 0 };
  for (const { verdict } of claims) summary[verdict]++;
  return summary;
}
