// A span of a service, as `spans.ndjson` keeps it: one a line. Its time is the history's clock, so that it can be laid beside
// ops, faults and ledger lines. No I/O here.

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type AttributeValue = string | number | boolean | readonly AttributeValue[];

export interface Span {
  /** When it began, in ms since the experiment began. */
  atMs: number;
  durationMs: number;
  /** 32 and 16 hexadecimal digits. */
  trace: string;
  span: string;
  parent?: string;
  name: string;
  kind: SpanKind;
  /** `api`, `worker` or `subscriber`. */
  service: string;
  /** Such as `worker-2`. */
  instance: string;
  status?: 'ok' | 'error';
  /** What its status says. */
  message?: string;
  attributes: Record<string, AttributeValue>;
  links?: { trace: string; span: string }[];
}

/** What came of the spans that services sent. */
export interface SpanCounts {
  /** In the file. */
  spans: number;
  /** Left out because the file had reached its size. */
  spansLeftOut: number;
  /** Requests that were refused: no OTLP, or too large. */
  spanRequestsRefused: number;
}

/** The job that a span is about, if it is about one. */
export function jobOf({ attributes }: Span): string | undefined {
  const id = attributes['messaging.message.id'];
  return typeof id === 'string' ? id : undefined;
}

/** Stands for an attempt whose worker died with it: another worker tells of it. */
export function isTombstone({ attributes }: Span): boolean {
  return attributes['judge.tombstone'] === true;
}
