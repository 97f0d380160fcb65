// What the API shows of a record, also of one that another process wrote badly.

import { expect, it } from 'vitest';
import { encodePayload } from '../shared/contract.ts';
import type { JobRecord } from '../shared/queue/queue.ts';
import { viewSubmission } from './submission-view.ts';

const judgement = { verdict: 'AC', passed: 2, total: 2, runMs: 1.5 } as const;
const record: JobRecord = {
  id: 'a'.repeat(26),
  payload: encodePayload({ problemId: 'echo', language: 'javascript', code: 'secret' }),
  state: 'done',
  version: 3,
  fence: 1,
  attempts: 1,
  enqueuedAtMs: 0,
  startedAtMs: 1000,
  finishedAtMs: 2000,
  result: JSON.stringify(judgement),
};

it('shows the verdict and ISO times, and not the code', () => {
  const never = () => expect.unreachable();
  expect(viewSubmission(record, never)).toEqual({
    id: record.id,
    state: 'done',
    version: 3,
    attempts: 1,
    problemId: 'echo',
    language: 'javascript',
    verdict: 'AC',
    judgement,
    enqueuedAt: '1970-01-01T00:00:00.000Z',
    startedAt: '1970-01-01T00:00:01.000Z',
    finishedAt: '1970-01-01T00:00:02.000Z',
  });
});

it.each([
  ['payload', { payload: '{' }],
  ['payload', { payload: '{"problemId":"echo"}' }],
  ['result', { result: 'AC' }],
  ['result', { result: '{"verdict":"??"}' }],
])('leaves out and reports a %s that does not parse', (part, change) => {
  const reported: string[] = [];
  const view = viewSubmission({ ...record, ...change }, (bad) => reported.push(bad));
  expect(reported).toEqual([part]);
  expect(view).toMatchObject({ id: record.id, state: 'done' });
  expect(view).not.toHaveProperty(part === 'payload' ? 'problemId' : 'verdict');
});

it('leaves out times that are none', () => {
  const view = viewSubmission({ ...record, enqueuedAtMs: Number.NaN, startedAtMs: 1e300 }, () => {});
  expect(view).not.toHaveProperty('enqueuedAt');
  expect(view).not.toHaveProperty('startedAt');
});
