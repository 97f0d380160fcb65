// Every message that crosses a process boundary, as a schema. What does not parse is refused, logged and counted;
// it never crashes the one who reads it. No I/O here.

import { createHash, randomFillSync } from 'node:crypto';
import { z } from 'zod';

/** AC accepted · WA wrong answer · TLE too slow · MLE too much memory · RE threw, or broke another limit. */
export const verdictSchema = z.enum(['AC', 'WA', 'TLE', 'MLE', 'RE']);
export type Verdict = z.infer<typeof verdictSchema>;

/** `queued` → `running` → `done`, or `dead` (dead-lettered after too many attempts; a redrive queues it again). */
export const jobStateSchema = z.enum(['queued', 'running', 'done', 'dead']);
export type JobState = z.infer<typeof jobStateSchema>;

/** 26 characters of lower-case base 32: 128 bits, made by the one who enqueues. */
export const jobIdSchema = z
  .string()
  .regex(/^[a-z2-7]{26}$/, 'a submission id: 26 characters of a-z and 2-7');

/** The largest request body that the API reads, in bytes. */
export const maxBodyBytes = 64 * 1024;

export const submissionSchema = z.strictObject({
  problemId: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a problem id such as "sum-two": lower-case letters, digits and dashes'),
  language: z.literal('javascript', { error: 'only "javascript" is supported' }),
  code: z.string().min(1, 'code must not be empty'),
});
export type Submission = z.infer<typeof submissionSchema>;

/** What the queue carries for a submission. The same submission always gives the same text. */
export function encodePayload({ problemId, language, code }: Submission): string {
  return JSON.stringify({ problemId, language, code });
}

/** What a worker records for a job that it judged. `message` is for the submitter, at most 500 characters. */
export const judgementSchema = z.strictObject({
  verdict: verdictSchema,
  passed: z.int().min(0),
  total: z.int().min(0),
  runMs: z.number().min(0),
  message: z.string().max(500).optional(),
});
export type Judgement = z.infer<typeof judgementSchema>;

/**
 * One status change of one submission, as it is published and pushed to browsers.
 * `version` rises with each change of the job, so a receiver drops what is not newer than what it has.
 */
export const statusSchema = z.strictObject({
  id: jobIdSchema,
  state: jobStateSchema,
  version: z.int().min(1),
  attempts: z.int().min(0),
  judgement: judgementSchema.optional(),
});
export type Status = z.infer<typeof statusSchema>;

/** What goes over the status channel: when it was published, in ms since 1970, and the W3C `traceparent` of that. */
export const publishedStatusSchema = z.strictObject({
  status: statusSchema,
  publishedAtMs: z.number(),
  trace: z.string().max(64).optional(),
});
export type PublishedStatus = z.infer<typeof publishedStatusSchema>;

/** How many submissions one message may name. */
export const maxIdsPerMessage = 100;

/** Browser → subscriber. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('watch'), ids: z.array(jobIdSchema).min(1).max(maxIdsPerMessage) }),
  z.strictObject({ type: z.literal('unwatch'), ids: z.array(jobIdSchema).min(1).max(maxIdsPerMessage) }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** Subscriber → browser. `unknown`: no such submission (yet); the watch stays, a later status is still pushed. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('status'), status: statusSchema }),
  z.strictObject({ type: z.literal('unknown'), id: jobIdSchema }),
  z.strictObject({ type: z.literal('error'), detail: z.string() }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/**
 * One line of the execution ledger: what a service did to a job, written before it goes on, outside Redis, so that it
 * survives the service's own SIGKILL. `atMs` is the machine's monotonic clock, the same for all processes.
 *
 * api: `enqueue` (about to send), `enqueued`.
 * worker: `claimed` (in hand), `started` (the code is about to run), `finished` (it has a verdict), `acked` (the queue
 * answered the ack; `outcome` says how), `released` (given back unfinished), `reaped` (this worker took it from a dead
 * or sleeping owner), `returned` (this worker gave it back for `from`, which had popped it and died before it claimed it;
 * `from` begins with that worker's source).
 */
export const ledgerLineSchema = z.strictObject({
  atMs: z.number(),
  source: z.string(),
  pid: z.int(),
  event: z.enum([
    'enqueue',
    'enqueued',
    'claimed',
    'started',
    'finished',
    'acked',
    'released',
    'reaped',
    'returned',
  ]),
  job: z.string(),
  fence: z.int().optional(),
  attempt: z.int().optional(),
  verdict: verdictSchema.optional(),
  outcome: z.enum(['acked', 'already', 'stale']).optional(),
  from: z.string().optional(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

/** The submission id that an `Idempotency-Key` stands for: the same key always gives the same id. */
export function idFromKey(key: string): string {
  return base32(createHash('sha256').update(`idempotency-key:${key}`).digest().subarray(0, 16));
}

/** There are always some in stock: to ask the system for so few each time took a tenth of the API's CPU. */
const randomBytes = new Uint8Array(256 * 16);
let usedBytes = randomBytes.length;

/** A job id that nobody else has. */
export function randomId(): string {
  if (usedBytes === randomBytes.length) {
    randomFillSync(randomBytes);
    usedBytes = 0;
  }
  usedBytes += 16;
  return base32(randomBytes.subarray(usedBytes - 16, usedBytes));
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** 16 bytes as a job id: base32 of RFC 4648, in small letters. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value & 31) << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}
