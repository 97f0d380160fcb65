// What the files of a run must look like, written down a second time and strictly, so that no field comes or goes unseen.

import { z } from 'zod';

const count = z.int().min(0);
const verdictSchema = z.enum(['held', 'refuted', 'unknown', 'skipped']);
const figures = z.record(z.string(), z.unknown());
const faultSchema = z.strictObject({
  kind: z.string().min(1),
  target: z.string().min(1),
  atMs: z.number().min(0),
  healedAtMs: z.number().nullable(),
  landed: z.boolean(),
  proof: figures,
});
const tracesSchema = z.strictObject({
  dir: z.string().regex(/^claims\/\S+$/),
  spans: count,
  spansLeftOut: count,
  spanRequestsRefused: count,
  jobs: z.strictObject({ lost: count, duplicated: count, redelivered: count }),
  listed: z.array(
    z.strictObject({
      job: z.string().regex(/^[a-z2-7]{26}$/),
      why: z.enum(['lost', 'duplicated', 'redelivered']),
      traceId: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .nullable(),
    }),
  ),
});
export const resultsSchema = z.strictObject({
  schema: z.literal(1),
  run: z.strictObject({
    id: z.string().regex(/^\d{8}T\d{6}Z-\d+$/),
    startedAt: z.iso.datetime(),
    durationMs: count,
    seed: count,
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .nullable(),
    node: z.string().regex(/^v\d+\./),
    platform: z.string().min(1),
    cpus: z.int().min(1),
    redis: z.strictObject({
      version: z.string().regex(/^\d+\.\d+/),
      provider: z.enum(['binary', 'docker', 'external']),
      image: z.string().min(1).optional(),
    }),
    system: z.enum(['processes', 'compose']),
  }),
  claims: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z]+\/[a-z-]+$/),
      section: z.string().min(1),
      statement: z.string().min(1),
      contract: z.enum(['at-most-once', 'at-least-once', 'effectively-once']).optional(),
      verdict: verdictSchema,
      why: z.string().regex(/^.+$/),
      evidence: figures,
      faults: z.array(faultSchema),
      traces: tracesSchema.optional(),
      control: z.strictObject({
        statement: z.string().min(1),
        failedAsExpected: z.boolean(),
        why: z.string().min(1),
        evidence: figures,
        faults: z.array(faultSchema),
        traces: tracesSchema.optional(),
      }),
      durationMs: count,
      repeats: z
        .array(z.strictObject({ seed: count, verdict: verdictSchema, why: z.string().min(1) }))
        .optional(),
    }),
  ),
  summary: z.strictObject({ held: count, refuted: count, unknown: count, skipped: count }),
});

export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('op'),
    atMs: z.number().min(0),
    process: count,
    kind: z.enum(['invoke', 'ok', 'fail', 'info']),
    f: z.string().min(1),
    value: z.unknown(),
    error: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('observation'),
    atMs: z.number().min(0),
    process: z.int(),
    f: z.string().min(1),
    value: z.unknown(),
  }),
  z.strictObject({
    type: z.literal('fault'),
    atMs: z.number().min(0),
    fault: count,
    step: z.enum(['inject', 'heal']),
    kind: z.string().min(1),
    target: z.string().min(1),
    proof: figures,
    landed: z.boolean().optional(),
    momentary: z.literal(true).optional(),
  }),
  z.strictObject({
    type: z.literal('phase'),
    atMs: z.number().min(0),
    phase: z.enum(['steady', 'load', 'heal', 'quiesce', 'final-reads']),
    step: z.enum(['begin', 'end']),
    value: z.unknown().optional(),
  }),
]);
