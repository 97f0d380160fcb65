// What a claim is: the shape of every file under harness/claims/. Types and their small constructors; no I/O.

import type { JobState } from '../services/shared/contract.ts';
import type { Capability, Contract } from '../services/shared/queue/queue.ts';
import type { Finding } from './checker/finding.ts';
import type { History, Recorder } from './history.ts';
import type { Random } from './random.ts';
import type { JudgeSystem } from './system/judge.ts';
import type { SystemSpec } from './system/spec.ts';

/** What a client may know of the system under test: where it is, and what the ledgers say so far. */
export interface Target {
  /** The API instances that run now. */
  apiUrls(): readonly string[];
  /** The subscriber's WebSocket URL, the same after a restart; empty when there is none. */
  subscriberUrl: string;
  redisUrl: string;
  prefix: string;
  leaseMs: number;
  /** How many jobs are in each state now, by the queue's own account. */
  counts(): Promise<Record<JobState, number>>;
  /** How many lines the execution ledgers hold so far, all services together. */
  ledgerLength(): number;
}

export interface WorkloadArena {
  history: Recorder;
  target: Target;
  signal: AbortSignal;
  /** Fires a moment after the nemesis has injected all its faults; at once where there is none. */
  faultsOver: AbortSignal;
}

export interface NemesisArena extends WorkloadArena {
  system: JudgeSystem;
}

/** How the fault-free steady state went: everything must pass. */
export type Steady = { passed: true } | { passed: false; why: string };

/**
 * What the clients do. `plan` holds all that was drawn; the functions draw nothing.
 */
export interface Workload {
  plan: unknown;
  steady(arena: WorkloadArena): Promise<Steady>;
  load(arena: WorkloadArena): Promise<void>;
  /** What it returns is recorded at the end of the phase, for the checkers. */
  quiesce?(arena: WorkloadArena): Promise<unknown>;
  finalReads?(arena: WorkloadArena): Promise<void>;
  /** Closes what the workload opened; called also when a phase failed. */
  close?(): Promise<void>;
}

/** The thing that injects faults, while the load runs. Both functions record what they do with its proof. */
export interface Nemesis {
  plan: unknown;
  /** Fewer faults than this that landed: the verdict is `unknown`. */
  landedAtLeast: number;
  inject(arena: NemesisArena): Promise<void>;
  /** Undoes all that is still in force. */
  heal?(arena: NemesisArena): Promise<void>;
}

export interface Experiment {
  system: SystemSpec;
  workload: Workload;
  nemesis?: Nemesis;
  /** Pure: from a history to a finding. */
  check(history: History): Finding;
}

export interface Claim {
  id: string;
  section: string;
  statement: string;
  contract?: Contract;
  /** The queue adapter that this claim is about; with --queue another one it is left out. */
  about?: string;
  /** What the queue must be capable of (QueueAdapter.lacks). */
  needs?: readonly Capability[];
  /** `true`: nothing else may run meanwhile, because it measures latency; the control then runs afterwards. */
  alone?: boolean;
  /** `true`: it measures no short times and leaves most of the machine to others: the next claims run beside it. */
  beside?: boolean;
  /** `true`: it takes so long that it runs only when it is named, or with --all. */
  long?: boolean;
  /** `true`: it kills or restarts Redis, so it is skipped on a server that the harness does not own. */
  crashesRedis?: boolean;
  experiment(random: Random): Experiment;
  control: {
    statement: string;
    /** The same experiment with the protection removed. It is given a fresh copy, made from the same seed. */
    without(experiment: Experiment, random: Random): Experiment;
    /** The rules of the checker that must be violated, at least one of them. */
    mustBreak: readonly string[];
    /** Rules that must hold without the protection too: it costs a second of writes, say, but not two. */
    mustHold?: readonly string[];
  };
}
