import { expect, test } from 'vitest';
import { written } from './checker/testing/history.ts';
import { type Event, faultsOf } from './op.ts';

test('both events of a fault are one; what is not healed says so', () => {
  const h = written();
  h.job('a', 1);
  h.fault('pause', 'w1', 10, { pid: 1, state: 'T' }, { healedAtMs: 30, healProof: { state: 'S' } });
  h.fault('kill', 'w2', 20, { pid: 2 }, { landed: false });
  expect(faultsOf(h.history().events)).toEqual([
    { kind: 'pause', target: 'w1', atMs: 10, healedAtMs: 30, landed: true, proof: { pid: 1, state: 'S' } },
    { kind: 'kill', target: 'w2', atMs: 20, healedAtMs: null, landed: false, proof: { pid: 2 } },
  ]);
});

test('faults that overlap are told apart by their number, in the order of injection', () => {
  const event = (fault: number, step: 'inject' | 'heal', atMs: number): Event => ({
    type: 'fault',
    atMs,
    fault,
    step,
    kind: 'kill',
    target: `w${fault}`,
    proof: {},
  });
  const faults = faultsOf([
    event(0, 'inject', 1),
    event(1, 'inject', 2),
    event(1, 'heal', 3),
    event(0, 'heal', 4),
  ]);
  expect(faults.map(({ target, healedAtMs }) => [target, healedAtMs])).toEqual([
    ['w0', 4],
    ['w1', 3],
  ]);
});

test('without a word about its effect a fault has not landed; a heal without a fault is none; empty', () => {
  const base = { type: 'fault', atMs: 1, kind: 'kill', target: 'w', proof: {} } as const;
  expect(faultsOf([{ ...base, fault: 0, step: 'inject' }])[0]?.landed).toBe(false);
  expect(faultsOf([{ ...base, fault: 9, step: 'heal' }])).toEqual([]);
  expect(faultsOf([])).toEqual([]);
});

test('it changes no event', () => {
  const h = written();
  h.fault('pause', 'w1', 10, { state: 'T' }, { healedAtMs: 30, healProof: { state: 'S' } });
  const { events } = h.history();
  const before = structuredClone(events);
  faultsOf(events);
  expect(events).toEqual(before);
});
