import { expect, test } from 'vitest';
import { idFromKey } from '../../services/shared/contract.ts';
import { type Resend, sendUntilTold } from './resend.ts';
import type { Answer } from './submission-client.ts';
import type { PlannedJob } from './submission-plan.ts';

const job: PlannedJob = { batch: 'load', key: 'k', id: idFromKey('k'), atMs: 0, jobMs: 20 };
const lost: Answer = { outcome: 'info' };
const refused: Answer = { outcome: 'fail', status: 503, retryAfterMs: 1 };
const accepted: Answer = { outcome: 'ok', status: 202 };
const never = new AbortController().signal;

/** What was sent when the tries were answered so; the last answer again and again. */
async function sent(resend: Resend, answers: readonly Answer[], signal = never): Promise<PlannedJob[]> {
  const jobs: PlannedJob[] = [];
  const sendOnce = async (each: PlannedJob) => answers[Math.min(jobs.push(each), answers.length) - 1]!;
  await sendUntilTold(job, resend, sendOnce, signal);
  return jobs;
}

test('once, if it is accepted', async () => {
  expect(await sent({ key: 'same', triesAtMost: 5 }, [accepted])).toEqual([job]);
});

test('the same again until it is accepted', async () => {
  const same = { key: 'same', triesAtMost: 5 } as const;
  expect(await sent(same, [lost, refused, accepted])).toEqual([job, job, job]);
});

test('each time under another key, and it says what it repeats', async () => {
  const jobs = await sent({ key: 'fresh', triesAtMost: 5 }, [lost, lost, accepted]);
  expect(jobs[0]).toEqual(job);
  expect(new Set(jobs.map(({ key }) => key)).size).toBe(3);
  for (const { key, id } of jobs) expect(id).toBe(idFromKey(key));
  expect(jobs.slice(1).map(({ resendOf }) => resendOf)).toEqual([job.id, job.id]);
});

test('it gives up in the end', async () => {
  expect(await sent({ key: 'same', triesAtMost: 3 }, [refused])).toHaveLength(3);
});

test.each([400, 413, 422])('what was looked at and refused is not sent again: %i', async (status) => {
  expect(await sent({ key: 'same', triesAtMost: 3 }, [{ outcome: 'fail', status }])).toHaveLength(1);
});

test.each([429, 500, 503])('what may pass is: %i', async (status) => {
  expect(await sent({ key: 'same', triesAtMost: 3 }, [{ outcome: 'fail', status }, accepted])).toHaveLength(
    2,
  );
});

test('not before the API wants it, and not after the run is over', async () => {
  const over = new AbortController();
  const jobs = sent({ key: 'same', triesAtMost: 3 }, [{ ...refused, retryAfterMs: 60_000 }], over.signal);
  over.abort();
  expect(await jobs).toHaveLength(1);
});
