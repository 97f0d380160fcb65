// RFC 9457 problem documents: every kind that the API answers with, in one table, and the error that carries one.
// Nothing here knows Express; client-error.ts writes the same documents on raw sockets.

const kinds = {
  'invalid-url': [400, 'The URL is not valid'],
  'invalid-header': [400, 'A header is not valid'],
  'invalid-json': [400, 'The body is not valid JSON'],
  'invalid-field': [400, 'A field is not valid'],
  'invalid-http': [400, 'The request is not valid HTTP'],
  'not-found': [404, 'There is no such thing'],
  'method-not-allowed': [405, 'The resource has no such method'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'not-a-dead-letter': [409, 'The submission is not a dead letter'],
  'body-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be UTF-8 JSON'],
  'expectation-failed': [417, 'The expectation cannot be met'],
  'idempotency-key-reused': [422, 'The idempotency key belongs to another submission'],
  'queue-full': [429, 'The queue is full'],
  'headers-too-large': [431, 'The headers are too large'],
  internal: [500, 'The server made a mistake'],
  'redis-unavailable': [503, 'Redis cannot be reached'],
  'not-ready': [503, 'The server is not ready'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof kinds;

export interface FieldError {
  /** The name of the field or header; `body` for the whole body. */
  field: string;
  detail: string;
}

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The path of the request; absent when the request could not be read. */
  instance?: string;
  errors?: FieldError[];
  /** With a 503 to a command: `refused`, it certainly had no effect; `unknown`, it may have had, or may have later. */
  outcome?: 'refused' | 'unknown';
}

export const problemContentType = 'application/problem+json';

export interface ProblemExtras {
  errors?: FieldError[];
  outcome?: 'refused' | 'unknown';
  headers?: Record<string, string>;
  cause?: unknown;
}

/** Thrown anywhere below the routes; errors.ts turns it into the answer. `message` is the detail. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    super(detail, { cause: extras.cause });
    this.kind = kind;
    this.extras = extras;
  }

  get status(): number {
    return kinds[this.kind][0];
  }

  document(instance?: string): ProblemDocument {
    const { errors, outcome } = this.extras;
    return {
      type: `urn:redproof:problem:${this.kind}`,
      title: kinds[this.kind][1],
      status: this.status,
      detail: this.message,
      ...(instance === undefined ? {} : { instance }),
      ...(errors === undefined ? {} : { errors }),
      ...(outcome === undefined ? {} : { outcome }),
    };
  }
}

/** One field, named, with what would be right. */
export function invalidField(field: string, detail: string): Problem {
  return new Problem('invalid-field', `${field}: ${detail}`, { errors: [{ field, detail }] });
}
