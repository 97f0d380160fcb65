// From spans and faults to rows: who is below whom, in which order, whose attempt was lost, and what is left out.

import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Fault } from '../op.ts';
import { storyOf } from './story.ts';
import { legend, storyLines } from './story-lines.ts';
import { faults, job, lostAttempt, span, trace } from './testing/lost-attempt.ts';

const told = (...args: Parameters<typeof storyOf>) =>
  storyOf(...args).rows.map(({ depth, who, what, details }) =>
    [`${'  '.repeat(depth)}${who}: ${what}`, ...details].join(', '),
  );

test('a lost attempt is its dead worker’s, with the kill in it and the second attempt beside it', () => {
  const story = storyOf(lostAttempt, faults);
  expect(story).toMatchObject({ trace, job, redisCommands: 1 });
  expect(told(lostAttempt, faults)).toEqual([
    'api-1: POST /submissions, 202',
    '  api-1: enqueue submissions',
    '    worker-1: process submissions, attempt 1, worker_lost, told by worker-3',
    '      worker-1: publish status',
    '      worker-1: worker-kill',
    '      worker-3: publish status, state queued',
    '    worker-3: process submissions, attempt 2',
    '      worker-3: run sandbox, verdict AC',
  ]);
  expect(story.rows.map(({ kind }) => kind).filter((kind) => kind !== 'span')).toEqual([
    'tombstone',
    'fault',
  ]);
  expect(story.rows[4]).toMatchObject({ atMs: 1050, durationMs: 450 });
});

test('a lost attempt that told nothing is whose the fault says, or nobody’s', () => {
  const silent = lostAttempt.filter(({ instance }) => instance !== 'worker-1');
  const whose = (known: readonly Fault[]) =>
    storyOf(silent, known).rows.find(({ kind }) => kind === 'tombstone')?.who;
  expect([whose(faults), whose([])]).toEqual(['worker-1', '?']);
});

test('a job that was lost: what was before, and the fault', () => {
  const before = lostAttempt.filter(({ service }) => service === 'api');
  expect(told(before, faults)).toEqual([
    'api-1: POST /submissions, 202',
    '  api-1: enqueue submissions',
    'worker-1: worker-kill',
  ]);
});

test('a span whose parent never came stands for itself, and says so', () => {
  const orphan = span(1020, 3, 'ack submissions', { parent: 'ffffffffffffffff' });
  expect(told([orphan], [])).toEqual(['worker-3: ack submissions, its parent never came']);
});

test('of Redis, faults while the trace lasts; of others only those that hit it', () => {
  const redis = (atMs: number): Fault => ({
    ...faults[0]!,
    kind: 'redis-kill',
    target: 'redis',
    atMs,
    proof: {},
  });
  const hits = told(lostAttempt, [redis(999), redis(1050), redis(2000)]).filter((text) =>
    text.includes('redis-kill'),
  );
  expect(hits).toEqual(['    redis: redis-kill']); // beside the attempts: no worker was lost to it
});

test('nothing at all', () => {
  expect(storyOf([], faults)).toEqual({ trace: '', job: undefined, rows: [], redisCommands: 0 });
});

test('on a pipe: a tree with times, no escape codes, nothing clipped', () => {
  const pipe = new PassThrough() as unknown as NodeJS.WriteStream;
  const story = storyOf(lostAttempt, faults);
  expect(storyLines(story, 'fault/x, claim', pipe).split('\n')).toEqual([
    `job ${job}  fault/x, claim`,
    `trace ${trace}, Redis commands not shown: 1`,
    '    1.000 s      5.0 ms  api-1     POST /submissions  202',
    '    1.001 s      3.0 ms  api-1     └─ enqueue submissions',
    '    1.010 s     90.0 ms  worker-1     ├─ † process submissions  attempt 1 · worker_lost · told by worker-3',
    '    1.011 s      1.0 ms  worker-1     │  ├─ publish status',
    '    1.050 s    450.0 ms  worker-1     │  ├─ ✱ worker-kill',
    '    1.100 s      1.0 ms  worker-3     │  └─ publish status  state queued',
    '    1.110 s     40.0 ms  worker-3     └─ process submissions  attempt 2',
    '    1.112 s     30.0 ms  worker-3        └─ run sandbox  verdict AC',
  ]);
  expect(legend([story])).toContain('† ');
  expect(legend([storyOf([], [])])).toBe('');
});

test('on a terminal no line is longer than it, whatever is in a span', () => {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 60,
  }) as unknown as NodeJS.WriteStream;
  const hostile = span(1113, 1, `\u001b[2J${'x'.repeat(100)}\n`, {
    attributes: { 'judge.x': '\u0007'.repeat(99) },
  });
  const lines = storyLines(storyOf([...lostAttempt, hostile], faults), 'x', stream)
    .split('\n')
    .slice(2);
  for (const line of lines.map(stripVTControlCharacters)) {
    expect(line.length).toBeLessThan(60);
    expect(line).not.toMatch(/\p{Cc}/u);
  }
});
