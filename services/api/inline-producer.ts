// API_MODE=inline: "enqueues" a job by running it at once on the calling thread. It blocks the event loop by design: the
// vulnerable twin that controls need. What it did is kept in memory, bounded, the oldest dropped first.

import { submissionSchema } from '../shared/contract.ts';
import type { SandboxLimits } from '../shared/judge/limits.ts';
import { loadSandbox } from '../shared/judge/sandbox.ts';
import type { JobRecord, Producer } from '../shared/queue/queue.ts';

const maxRecords = 10_000;

export async function createInlineProducer(limits: SandboxLimits): Promise<Producer> {
  let sandbox = await loadSandbox();
  const records = new Map<string, JobRecord>();

  return {
    async enqueue({ id, payload }) {
      if (sandbox.spent) sandbox = await loadSandbox();
      const earlier = records.get(id);
      if (earlier) return { outcome: earlier.payload === payload ? 'known' : 'conflict', record: earlier };
      const startedAtMs = Date.now();
      const result = JSON.stringify(sandbox.judge(submissionSchema.parse(JSON.parse(payload)), limits));
      const record: JobRecord = {
        id,
        payload,
        state: 'done',
        version: 1,
        fence: 1,
        attempts: 1,
        enqueuedAtMs: startedAtMs,
        startedAtMs,
        finishedAtMs: Date.now(),
        result,
      };
      records.set(id, record);
      for (const oldest of records.keys()) {
        if (records.size <= maxRecords) break;
        records.delete(oldest);
      }
      return { outcome: 'accepted', record };
    },
    get: async (id) => records.get(id) ?? null,
    counts: async () => ({ queued: 0, running: 0, done: records.size, dead: 0 }),
    deadLetters: async () => [],
    redrive: async () => null,
    ping: async () => {},
    close: async () => {},
  };
}
