// The story of one job: the spans of its trace as rows, parents before children, each level by time, and the faults: one that
// struck whoever had the job below the attempt that was lost to it, others between the attempts. Pure.

import type { Fault } from '../op.ts';
import { isTombstone, jobOf, type Span } from '../span.ts';

export interface Story {
  trace: string;
  /** undefined: no span of it names one. */
  job: string | undefined;
  rows: StoryRow[];
  /** Single Redis commands, which are no rows. */
  redisCommands: number;
}

export interface StoryRow {
  kind: 'span' | 'tombstone' | 'fault';
  /** On the history's clock. */
  atMs: number;
  /** null: a fault that was never healed, or has no length. */
  durationMs: number | null;
  depth: number;
  /** The service's instance, or the fault's target. */
  who: string;
  what: string;
  /** "attempt 2", "verdict AC", "200" */
  details: string[];
  failed: boolean;
}

/** @param faults those of the experiment */
export function storyOf(spans: readonly Span[], faults: readonly Fault[]): Story {
  const shown = spans.filter((span) => !isRedisCommand(span)).toSorted((a, b) => a.atMs - b.atMs);
  const known = new Map(shown.map((span) => [span.span, span]));
  const parentOf = ({ parent }: Span) => (parent !== undefined && known.has(parent) ? parent : undefined);
  const children = Map.groupBy(shown, parentOf);
  const job = shown.map(jobOf).find((id) => id !== undefined);
  const firstAttempt = shown.find(({ attributes }) => 'judge.attempt' in attributes);
  const amongAttempts = firstAttempt && parentOf(firstAttempt);
  const struck = faultsIn(shown, job, faults);

  const rowOf = (span: Span): StoryRow => ({
    ...spanRow(span, span.parent !== undefined && !known.has(span.parent)),
    ...(isTombstone(span) && lostAttempt(span, children.get(span.span) ?? [], struck)),
  });
  const lostTo = (fault: Fault): string | undefined =>
    shown.find((span) => isTombstone(span) && during(span, fault) && rowOf(span).who === fault.target)?.span;
  const faultsBelow = Map.groupBy(struck, (fault) => lostTo(fault) ?? amongAttempts);
  const below = (parent: string | undefined): StoryRow[] => {
    const branches = (children.get(parent) ?? []).map((span) => [rowOf(span), ...deeper(below(span.span))]);
    const faultsHere = (faultsBelow.get(parent) ?? []).map((fault) => [faultRow(fault)]);
    return [...branches, ...faultsHere].sort(([a], [b]) => a!.atMs - b!.atMs).flat();
  };
  return {
    trace: spans[0]?.trace ?? '',
    job,
    rows: below(undefined),
    redisCommands: spans.length - shown.length,
  };
}

function deeper(rows: readonly StoryRow[]): StoryRow[] {
  return rows.map((row) => ({ ...row, depth: row.depth + 1 }));
}

/** Those that say they hit the job, and those that hit an instance of its trace, or Redis, while the trace lasted. */
function faultsIn(spans: readonly Span[], job: string | undefined, faults: readonly Fault[]): Fault[] {
  const instances = new Set(['redis', ...spans.map(({ instance }) => instance)]);
  const fromMs = Math.min(...spans.map(({ atMs }) => atMs));
  const untilMs = Math.max(...spans.map(({ atMs, durationMs }) => atMs + durationMs));
  return faults.filter(
    ({ atMs, target, proof }) =>
      (job !== undefined && JSON.stringify(proof).includes(job)) ||
      (instances.has(target) && atMs >= fromMs && atMs <= untilMs),
  );
}

function spanRow(span: Span, orphaned: boolean): StoryRow {
  const { atMs, durationMs, instance, name, status } = span;
  return {
    kind: isTombstone(span) ? 'tombstone' : 'span',
    atMs,
    durationMs,
    depth: 0,
    who: instance,
    what: name,
    details: [...detailsOf(span), ...(orphaned ? ['its parent never came'] : [])],
    failed: status === 'error',
  };
}

/** Whose attempt a tombstone stands for: by what that worker had still told, or by the fault that struck then. */
function lostAttempt(span: Span, told: readonly Span[], faults: readonly Fault[]): Partial<StoryRow> {
  const hit = faults.find((fault) => fault.target !== 'redis' && during(span, fault));
  return {
    who: told.find(({ instance }) => instance !== span.instance)?.instance ?? hit?.target ?? '?',
    details: [...detailsOf(span), `told by ${span.instance}`],
  };
}

function during({ atMs, durationMs }: Span, fault: Fault): boolean {
  return fault.atMs >= atMs && fault.atMs <= atMs + durationMs;
}

function faultRow({ kind, target, atMs, healedAtMs, landed }: Fault): StoryRow {
  return {
    kind: 'fault',
    atMs,
    durationMs: healedAtMs === null ? null : healedAtMs - atMs,
    depth: 0,
    who: target,
    what: kind,
    details: landed ? [] : ['no effect'],
    failed: false,
  };
}

/** The project's own attributes, what HTTP answered, and what went wrong. */
function detailsOf({ attributes, message, status }: Span): string[] {
  const own = Object.entries(attributes).flatMap(([name, value]) => {
    if (!name.startsWith('judge.') || name === 'judge.tombstone') return [];
    return [`${name.slice('judge.'.length).replaceAll(/[._]/g, ' ')} ${String(value)}`];
  });
  const http = attributes['http.response.status_code'];
  const error = attributes['error.type'] ?? (status === 'error' ? (message ?? 'error') : undefined);
  return [
    ...(http === undefined ? [] : [String(http)]),
    ...own,
    ...(error === undefined ? [] : [String(error)]),
  ];
}

function isRedisCommand({ kind, attributes }: Span): boolean {
  return kind === 'client' && ('db.system.name' in attributes || 'db.system' in attributes);
}
