// Faults as annotations on Grafana's dashboards: each is posted once it is over. Grafana may be away: that is said once, and
// the run goes on.

import type { Fault, FaultEvent } from '../op.ts';
import type { Reporter } from './result.ts';
import { keyOf } from './run-metrics.ts';

export interface AnnotationOptions {
  /** Where Grafana is, also below a path. */
  grafana: URL;
  token?: string;
  warn(line: string): void;
}

export interface Annotations {
  reporter: Reporter;
  /** Resolves when all are posted; what is not by then, is not. Never rejects. */
  settled(deadlineMs: number): Promise<void>;
}

const answerMs = 2000;
const textMost = 1000;

export function annotations({ grafana, token, warn }: AnnotationOptions): Annotations {
  const endpoint = new URL('api/annotations', grafana.href.replace(/[?#].*$/, '').replace(/\/*$/, '/'));
  const headers = {
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const beganAtMs = new Map<string, number>();
  const open = new Map<string, FaultEvent>();
  let posting: Promise<void> = Promise.resolve();
  let warned = false;
  let over = false;

  const post = async (body: unknown): Promise<void> => {
    if (over) return;
    try {
      const signal = AbortSignal.timeout(answerMs);
      const reply = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body), signal });
      await reply.arrayBuffer();
      if (!reply.ok) throw new Error(`it answered ${reply.status}`);
    } catch (error) {
      if (!warned) warn(`--grafana ${grafana.href}: faults are not annotated: ${reasonOf(error as Error)}`);
      warned = true;
    }
  };
  /** One after the other. */
  const annotate = (claim: string, arm: string, fault: Omit<Fault, 'landed'>): void => {
    const origin = beganAtMs.get(keyOf(claim, arm));
    if (origin === undefined) return;
    const { kind, target, atMs, healedAtMs, proof } = fault;
    const time = Math.round(origin + atMs);
    const timeEnd = Math.max(time, Math.round(origin + (healedAtMs ?? atMs)));
    const text = `${kind} ${target} (${claim}, ${arm}): ${JSON.stringify(proof)}`.slice(0, textMost);
    posting = posting.then(() => post({ time, timeEnd, tags: ['redproof', kind], text }));
  };

  const reporter: Reporter = {
    armStarted: ({ id }, arm, running) => beganAtMs.set(keyOf(id, arm), running.beganAtMs),
    fault: ({ id }, arm, event) => {
      const key = `${keyOf(id, arm)} ${event.fault}`;
      const injected = open.get(key);
      if (event.step === 'inject' && !event.momentary) open.set(key, event);
      else {
        open.delete(key);
        const healedAtMs = event.step === 'heal' ? event.atMs : null;
        annotate(id, arm, {
          ...event,
          ...injected,
          healedAtMs,
          proof: { ...injected?.proof, ...event.proof },
        });
      }
    },
    armFinished: ({ id }, arm, result) => {
      for (const [key, event] of open) {
        if (!key.startsWith(`${keyOf(id, arm)} `)) continue;
        open.delete(key);
        annotate(id, arm, { ...event, healedAtMs: result.durationMs });
      }
    },
  };
  return {
    reporter,
    settled: async (deadlineMs) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([posting, late]);
      over = true;
      clearTimeout(timer);
    },
  };
}

function reasonOf(error: Error): string {
  const { cause } = error;
  if (error.name === 'TimeoutError') return `it did not answer within ${answerMs} ms`;
  return cause instanceof Error
    ? cause.message || (cause as NodeJS.ErrnoException).code || error.message
    : error.message;
}
