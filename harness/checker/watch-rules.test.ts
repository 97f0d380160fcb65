import { describe, expect, test } from 'vitest';
import { empty, type WrittenHistory, written } from './testing/history.ts';
import { everyClientKnows } from './watch-rules.ts';

/** Browser 7 watches job `a`, which is done; it is told these versions, each over a connection. */
function told(...statuses: [version: number, state: string, connection: number][]): WrittenHistory {
  const h = written();
  h.observe(7, 'watch', 5, { id: 'a' });
  h.job('a', 10);
  for (const [version, state, connection] of statuses) {
    const verdict = state === 'done' ? 'AC' : undefined;
    h.observe(7, 'status', 20, { id: 'a', state, version, connection, verdict });
  }
  return h;
}
const evidence = (statuses: number, ignorant = 0) => ({ watched: 1, statuses, ignorant });
const unaware = (state: string) => ({
  rule: 'client-knows',
  detail: `of 1 watched submissions 1 ended without their browser knowing; a: told "${state}", true "done"`,
});
const stale = (of: number) => ({ rule: 'told-in-order', detail: `1 of ${of} statuses were stale` });

describe('client-knows', () => {
  test('valid', () => {
    const h = told([1, 'queued', 1], [2, 'running', 1], [3, 'done', 1]);
    expect(everyClientKnows(h.history())).toEqual({ violations: [], evidence: evidence(3) });
  });

  test('violated: told nothing, not the end, or the wrong verdict', () => {
    expect(everyClientKnows(told().history())).toEqual({
      violations: [unaware('nothing')],
      evidence: evidence(0, 1),
    });
    expect(everyClientKnows(told([1, 'running', 1]).history())).toEqual({
      violations: [unaware('running')],
      evidence: evidence(1, 1),
    });
    const h = told();
    h.observe(7, 'status', 20, { id: 'a', state: 'done', version: 3, connection: 1, verdict: 'WA' });
    expect(everyClientKnows(h.history()).violations).toEqual([unaware('done')]);
  });

  test('another browser being told is no help', () => {
    const h = told();
    h.observe(8, 'status', 20, { id: 'a', state: 'done', version: 3, connection: 1, verdict: 'AC' });
    expect(everyClientKnows(h.history()).violations).toEqual([unaware('nothing')]);
  });

  test('indeterminate: a submission that may not exist, one that could not be read, one that still moves', () => {
    const h = told([3, 'done', 1]);
    h.observe(7, 'watch', 5, { id: 'unclear' });
    h.submit('unclear', 10, 'info');
    expect(everyClientKnows(h.history())).toEqual({ violations: [], evidence: evidence(1) });
    for (const id of ['unread', 'moving']) {
      h.observe(7, 'watch', 5, { id });
      h.submit(id, 10, 'ok');
    }
    h.unread('unread');
    h.read('moving', { state: 'running' });
    expect(everyClientKnows(h.history())).toEqual({
      violations: [],
      evidence: { watched: 3, statuses: 1, ignorant: 0 },
      insufficient: 'of 2 of 3 watched submissions the true end is not known',
    });
  });

  test('empty', () => {
    expect(everyClientKnows(empty)).toEqual({
      violations: [],
      evidence: { watched: 0, statuses: 0, ignorant: 0 },
      insufficient: 'no browser watched an acknowledged submission',
    });
  });
});

describe('told-in-order', () => {
  test('over a new connection the same version may come again', () => {
    const h = told([2, 'running', 1], [2, 'running', 2], [3, 'done', 2]);
    expect(everyClientKnows(h.history())).toEqual({ violations: [], evidence: evidence(3) });
  });

  test('violated: the same again, or an older one, whatever the connection', () => {
    const again = told([2, 'running', 1], [2, 'running', 1], [3, 'done', 1]);
    expect(everyClientKnows(again.history())).toEqual({ violations: [stale(3)], evidence: evidence(3) });
    const older = told([2, 'running', 1], [1, 'queued', 2], [3, 'done', 2]);
    expect(everyClientKnows(older.history())).toEqual({ violations: [stale(3)], evidence: evidence(3) });
  });

  test('an old one at the very end breaks both', () => {
    const h = told([3, 'done', 1], [2, 'running', 2]);
    expect(everyClientKnows(h.history()).violations).toEqual([unaware('running'), stale(2)]);
  });
});
