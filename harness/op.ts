// The events of a history. No I/O.
//
//   op           one invocation and at most one completion by one logical process:
//                `invoke`, then `ok` (it happened), `fail` (it did not) or `info` (unknown: it may have, or still may)
//   observation  something that a client saw without asking: a message, a sample
//   fault        what the nemesis did, twice: when it injected and when it healed
//   phase        where the run was
//
// `atMs` is the monotonic clock, in ms since the experiment began.

export type Outcome = 'ok' | 'fail' | 'info';

export interface Op {
  type: 'op';
  atMs: number;
  process: number;
  kind: 'invoke' | Outcome;
  f: string;
  value: unknown;
  /** Why it was `fail` or `info`: a code from the table in outcome.ts. */
  error?: string;
}

export interface Observation {
  type: 'observation';
  atMs: number;
  process: number;
  f: string;
  value: unknown;
}

export interface FaultEvent {
  type: 'fault';
  atMs: number;
  /** Numbers the faults of one experiment; the two events of one fault share it. */
  fault: number;
  step: 'inject' | 'heal';
  kind: string;
  target: string;
  /** What shows that it landed (or healed): pid gone, run_id changed, jobs in flight … */
  proof: Record<string, unknown>;
  /** On `inject`: whether the proof shows an effect. */
  landed?: boolean;
  /** On `inject`: it was over at once, so no healing follows. */
  momentary?: true;
}

export type Phase = 'steady' | 'load' | 'heal' | 'quiesce' | 'final-reads';

export interface PhaseEvent {
  type: 'phase';
  atMs: number;
  phase: Phase;
  step: 'begin' | 'end';
  /** On `end`: how it ended, when that matters to a checker. */
  value?: unknown;
}

export type Event = Op | Observation | FaultEvent | PhaseEvent;

/** A fault as `results.json` has it: both of its events in one. */
export interface Fault {
  kind: string;
  target: string;
  atMs: number;
  healedAtMs: number | null;
  landed: boolean;
  proof: Record<string, unknown>;
}

/** The faults of a history, in the order of their injection. */
export function faultsOf(events: readonly Event[]): Fault[] {
  const faults = new Map<number, Fault>();
  for (const event of events) {
    if (event.type !== 'fault') continue;
    const { kind, target, atMs, proof } = event;
    if (event.step === 'inject') {
      const landed = event.landed === true;
      faults.set(event.fault, { kind, target, atMs, healedAtMs: null, landed, proof });
      continue;
    }
    const fault = faults.get(event.fault);
    if (fault === undefined) continue;
    fault.healedAtMs = atMs;
    fault.proof = { ...fault.proof, ...proof };
  }
  return [...faults.values()];
}
