// The history of one experiment: every op, observation, fault and phase in order, on one clock, handed to `write` as it
// happens. No I/O of its own: the clock and the writer are given.

import type { LedgerLine } from '../services/shared/contract.ts';
import type { Event, Op, Outcome, Phase } from './op.ts';

/** What checkers read. The ledger's times are on the same clock as the events'. */
export interface History {
  readonly events: readonly Event[];
  readonly ledger: readonly LedgerLine[];
}

export interface Invocation {
  readonly process: number;
  complete(kind: Outcome, value: unknown, error?: string): void;
}

export interface Recorder {
  readonly events: readonly Event[];
  /** ms since the experiment began. */
  now(): number;
  /** Starts an op on a logical process that is free: one whose last op did not end in `info`. */
  invoke(f: string, value: unknown): Invocation;
  observe(process: number, f: string, value: unknown): void;
  /** Records a fault with its proof; the handle records that it healed. `atMs`: when it struck, now if not given. */
  inject(fault: Injection): { heal(proof?: Record<string, unknown>): void };
  phase(phase: Phase, step: 'begin' | 'end', value?: unknown): void;
}

export interface Injection {
  kind: string;
  target: string;
  proof: Record<string, unknown>;
  /** Whether the proof shows an effect. */
  landed: boolean;
  /** It was over at once: there is nothing to heal. */
  momentary?: true;
  atMs?: number;
}

/**
 * @param now ms since the experiment began
 * @param write called once for each event, in order
 */
export function createRecorder(now: () => number, write: (event: Event) => void): Recorder {
  const events: Event[] = [];
  const idle: number[] = [];
  let processes = 0;
  let faults = 0;

  const record = (event: Event): void => {
    events.push(event);
    write(event);
  };

  const invoke = (f: string, value: unknown): Invocation => {
    const process = idle.pop() ?? processes++;
    record({ type: 'op', atMs: now(), process, kind: 'invoke', f, value });
    let open = true;
    return {
      process,
      complete: (kind, result, error) => {
        if (!open) throw new Error(`the op "${f}" of process ${process} is completed already`);
        open = false;
        const op: Op = { type: 'op', atMs: now(), process, kind, f, value: result };
        record(error === undefined ? op : { ...op, error });
        // A process whose op may still happen later must not start another: it retires.
        if (kind !== 'info') idle.push(process);
      },
    };
  };

  return {
    events,
    now,
    invoke,
    observe: (process, f, value) => record({ type: 'observation', atMs: now(), process, f, value }),
    inject: ({ atMs = now(), kind, target, proof, landed, momentary }) => {
      const fault = faults++;
      const event = { type: 'fault', atMs, fault, step: 'inject', kind, target, proof, landed } as const;
      record(momentary ? { ...event, momentary } : event);
      return {
        heal: (healing = {}) =>
          record({ type: 'fault', atMs: now(), fault, step: 'heal', kind, target, proof: healing }),
      };
    },
    phase: (phase, step, value) => record({ type: 'phase', atMs: now(), phase, step, value }),
  };
}
