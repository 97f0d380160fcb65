// Both accounts of a run joined: a history in which all is well, one with nothing in it, and mutations that must each show in
// exactly their figure.

import { describe, expect, test } from 'vitest';
import type { JournalLine } from '../../loadtests/lib/journal.ts';
import { empty, type WrittenHistory, written } from '../checker/testing/history.ts';
import type { History } from '../history.ts';
import { inOrder, objectivesOfBoth, reconcile, submissionOps } from './reconcile.ts';

const accepted = (id: string, n = 0): JournalLine => ({
  event: 'accepted',
  n,
  key: `key-${id}`,
  id,
  atMs: 1000 + n,
  acceptMs: 4,
  traceId: 'f'.repeat(32),
});
const verdict = (id: string, via: 'websocket' | 'get' = 'websocket'): JournalLine => ({
  event: 'verdict',
  n: 0,
  id,
  verdict: 'AC',
  expected: 'AC',
  via,
  verdictMs: 30,
});
const refused = (id: string, code: string): JournalLine => ({
  event: 'refused',
  n: 9,
  key: `key-${id}`,
  atMs: 1009,
  kind: 'unavailable',
  code,
});

/** Two accepted and judged, one refused, a kill in mid-job and a restart of Redis; `change` may add to it. */
function run(change: (h: WrittenHistory, lines: JournalLine[]) => void = () => {}) {
  const lines = [
    accepted('a'),
    verdict('a'),
    accepted('b', 1),
    verdict('b', 'get'),
    refused('r', 'http-503/refused'),
  ];
  const h = written();
  h.job('a', 10);
  h.job('b', 30, { worker: 'worker-2' });
  h.submit('r', 50, 'fail', 51);
  h.read('r', null);
  h.fault('worker-kill', 'worker-1', 60, {});
  h.fault('redis-kill', 'redis', 70, {}, { healedAtMs: 90 });
  change(h, lines);
  return { lines, history: h.history() };
}
const joined = (change?: Parameters<typeof run>[0]) => {
  const { lines, history } = run(change);
  return reconcile(lines, history);
};
const missed = (both: ReturnType<typeof reconcile>) =>
  objectivesOfBoth(both)
    .filter(({ met }) => met !== true)
    .map(({ says }) => says);

test('all is well', () => {
  const both = joined();
  expect(both).toEqual({
    accepted: 2,
    doneOnce: 2,
    doneManyTimes: 0,
    pending: 0,
    deadLettered: 0,
    lost: 0,
    refused: 1,
    indeterminate: 0,
    indeterminateDone: 0,
    phantom: 0,
    unexpected: 0,
    seenByWebSocket: 1,
    seenByGet: 1,
    neverSeen: 0,
    disagreeing: 0,
    redeliveries: 0,
    lostJobs: [],
    faults: { workerKills: 1, landedInMidJob: 1, redisRestarts: 1 },
  });
  expect(missed(both)).toEqual([]);
});

test('nothing happened: without faults there is nothing to be proud of', () => {
  expect(missed(reconcile([], empty))).toEqual([
    'a worker was killed in mid-job',
    'Redis was killed and restarted',
  ]);
});

describe('each mutation shows in its own figure', () => {
  test('an accepted one that is gone is lost, by name and cause', () => {
    const both = joined((h, lines) => {
      lines.push(accepted('c', 2), verdict('c'));
      h.submit('c', 65, 'ok', 66);
      h.read('c', null);
    });
    expect(both).toMatchObject({ accepted: 3, doneOnce: 2, lost: 1 });
    expect(both.lostJobs).toEqual([{ id: 'c', cause: expect.stringContaining('no worker ever claimed it') }]);
    expect(missed(both)).toEqual(['no accepted submission was lost']);
  });

  test('two accepted results', () => {
    const both = joined((h) => h.ledger('a', 'acked', 99, 'worker-2', { outcome: 'acked' }));
    expect(both).toMatchObject({ doneOnce: 1, doneManyTimes: 1 });
    expect(missed(both)).toEqual(['none has two results']);
  });

  test('one that is still waiting when the deadline comes is open, not lost', () => {
    const both = joined((h, lines) => {
      lines.push(accepted('c', 2), verdict('c'));
      h.submit('c', 65, 'ok', 66);
      h.phase('quiesce', 'end', 99, { settled: 'busy' });
      h.read('c', { state: 'queued' });
    });
    expect(both).toMatchObject({ pending: 1, lost: 0 });
    expect(missed(both)).toEqual(['none is open or a dead letter']);
  });

  test('a dead letter', () => {
    const both = joined((h, lines) => {
      lines.push(accepted('c', 2), verdict('c'));
      h.submit('c', 65, 'ok', 66);
      h.read('c', { state: 'dead' });
    });
    expect(missed(both)).toEqual(['none is open or a dead letter']);
  });

  test('one that was refused and ran is a phantom; one that nobody sent is unexpected', () => {
    const phantom = joined((h) => h.ledger('r', 'started', 99));
    expect(phantom).toMatchObject({ phantom: 1, refused: 0 });
    const unexpected = joined((h) => h.ledger('z', 'started', 99));
    expect(unexpected.unexpected).toBe(1);
    for (const both of [phantom, unexpected]) {
      expect(missed(both)).toEqual(['none ran that was refused or unsent']);
    }
  });

  test('a verdict that its client never saw', () => {
    const both = joined((_, lines) => lines.splice(1, 1));
    expect(both.neverSeen).toBe(1);
    expect(missed(both)).toEqual(['every verdict reached its client']);
  });

  test('a verdict other than the recorded one', () => {
    const both = joined((h) => h.read('a', { state: 'done', verdict: 'WA' }));
    expect(both.disagreeing).toBe(1);
    expect(missed(both)).toEqual(['it was the recorded one']);
  });

  test('accepted by the clients’ account alone: the accounts do not add up', () => {
    const both = joined((_, lines) => lines.push(accepted('ghost', 5), verdict('ghost')));
    expect(missed(both)).toEqual(['both accounts add up']);
  });

  test('unknown to its client, and done', () => {
    const both = joined((h) => {
      h.submit('u', 80, 'info', 85);
      h.read('u', { state: 'done', verdict: 'AC' });
    });
    expect(both).toMatchObject({ indeterminate: 1, indeterminateDone: 1 });
    expect(missed(both)).toEqual([]);
  });

  test('a kill that hit nobody at work', () => {
    const both = reconcile([], { ...empty, events: [] });
    expect(both.faults).toEqual({ workerKills: 0, landedInMidJob: 0, redisRestarts: 0 });
    const idle = written();
    idle.fault('worker-kill', 'worker-1', 1, {}, { landed: false });
    expect(reconcile([], idle.history()).faults).toEqual({
      workerKills: 1,
      landedInMidJob: 0,
      redisRestarts: 0,
    });
  });
});

describe('submissions as ops', () => {
  const ops = (...lines: JournalLine[]) =>
    submissionOps(
      lines,
      (key) => `id-of-${key}`,
      (atMs) => atMs - 1000,
    );

  test('accepted: at its time, under its id', () => {
    expect(ops(accepted('a', 3), verdict('a'))).toEqual([
      { type: 'op', atMs: 3, process: 3, kind: 'invoke', f: 'submit', value: { id: 'a' } },
      { type: 'op', atMs: 7, process: 3, kind: 'ok', f: 'submit', value: { id: 'a' } },
    ]);
  });

  test.each([
    ['http-503/refused', 'fail'],
    ['http-429', 'fail'],
    ['http-503/unknown', 'info'],
    ['k6-1050', 'info'],
    ['k6-1220', 'info'],
    ['k6-1212', 'fail'],
  ])('%s is %s, under the id that its key stands for', (code, kind) => {
    expect(ops(refused('r', code))[1]).toMatchObject({ kind, value: { id: 'id-of-key-r' } });
  });
});

test('events of several sources are in order', () => {
  const at = (...times: number[]): History['events'] =>
    times.map((atMs) => ({ type: 'observation', atMs, process: 0, f: 'x', value: null }));
  expect(inOrder(at(3, 9), at(1, 5)).map(({ atMs }) => atMs)).toEqual([1, 3, 5, 9]);
});
