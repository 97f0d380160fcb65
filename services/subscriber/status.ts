// Reads statuses: from the text of a published message, and from the queue's record of a job. Pure.

import type { z } from 'zod';
import {
  judgementSchema,
  type PublishedStatus,
  publishedStatusSchema,
  type Status,
  statusSchema,
} from '../shared/contract.ts';
import type { JobRecord } from '../shared/queue/queue.ts';

/** `problem` says in one line what is wrong; such a message is refused. */
export type Parsed<T> = { value: T } | { problem: string };

export function parsePublished(text: string): Parsed<PublishedStatus> {
  const json = parseJson(text);
  return 'problem' in json ? json : parseWith(publishedStatusSchema, json.value);
}

/** The status that a record stands for. The record may come from a user's own adapter, so it is checked like a message. */
export function statusOf(record: JobRecord): Parsed<Status> {
  const { id, state, version, attempts, result } = record;
  if (state !== 'done' || result === undefined)
    return parseWith(statusSchema, { id, state, version, attempts });
  const json = parseJson(result);
  const judgement = 'problem' in json ? json : parseWith(judgementSchema, json.value);
  if ('problem' in judgement) return { problem: `result: ${judgement.problem}` };
  return parseWith(statusSchema, { id, state, version, attempts, judgement: judgement.value });
}

export function parseJson(text: string): Parsed<unknown> {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: 'not JSON' };
  }
}

export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0]!;
  const where = issue.path.join('.');
  // Unknown keys are quoted in the message, and the sender chooses how long they are.
  return { problem: `${where === '' ? '' : `${where}: `}${issue.message}`.slice(0, 200) };
}
