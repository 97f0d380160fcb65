import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecorder } from './history.ts';
import type { Event, Outcome } from './op.ts';

function recorder() {
  let atMs = 0;
  const writes: Event[] = [];
  const history = createRecorder(
    () => ++atMs,
    (event) => writes.push(event),
  );
  return { history, writes };
}

test('everything is written as it happens, in order, on one clock', () => {
  const { history, writes } = recorder();
  history.phase('load', 'begin');
  const op = history.invoke('submit', { id: 'a' });
  history.observe(-1, 'counts', { queued: 1 });
  const fault = history.inject({ kind: 'kill', target: 'w', proof: { pid: 1 }, landed: true });
  op.complete('info', { id: 'a' }, 'ETIMEDOUT');
  fault.heal({ newPid: 2 });
  fault.heal();
  history.phase('load', 'end', { settled: 'final' });
  const expected: Event[] = [
    { type: 'phase', atMs: 1, phase: 'load', step: 'begin', value: undefined },
    { type: 'op', atMs: 2, process: 0, kind: 'invoke', f: 'submit', value: { id: 'a' } },
    { type: 'observation', atMs: 3, process: -1, f: 'counts', value: { queued: 1 } },
    {
      type: 'fault',
      atMs: 4,
      fault: 0,
      step: 'inject',
      kind: 'kill',
      target: 'w',
      proof: { pid: 1 },
      landed: true,
    },
    { type: 'op', atMs: 5, process: 0, kind: 'info', f: 'submit', value: { id: 'a' }, error: 'ETIMEDOUT' },
    { type: 'fault', atMs: 6, fault: 0, step: 'heal', kind: 'kill', target: 'w', proof: { newPid: 2 } },
    { type: 'fault', atMs: 7, fault: 0, step: 'heal', kind: 'kill', target: 'w', proof: {} },
    { type: 'phase', atMs: 8, phase: 'load', step: 'end', value: { settled: 'final' } },
  ];
  expect(writes).toEqual(expected);
  expect(history.events).toEqual(expected);
});

test('a fault may have struck before it is recorded', () => {
  const { history } = recorder();
  history.inject({ kind: 'kill', target: 'w', proof: {}, landed: false, atMs: 0.5 });
  expect(history.events[0]).toMatchObject({ atMs: 0.5, landed: false });
});

test('a process does one op at a time, and retires after info', () => {
  const { history } = recorder();
  const first = history.invoke('a', 1);
  const second = history.invoke('a', 2);
  expect([first.process, second.process]).toEqual([0, 1]);
  second.complete('fail', 2);
  expect(history.invoke('a', 3).process).toBe(1);
  first.complete('info', 1);
  expect(history.invoke('a', 4).process).toBe(2);
});

test('an op is completed once', () => {
  const { history } = recorder();
  const op = history.invoke('submit', {});
  op.complete('ok', {});
  expect(() => op.complete('info', {})).toThrow('the op "submit" of process 0 is completed already');
  expect(history.events).toHaveLength(2);
});

test('by property: no process has two open ops, and none goes on after info', () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom<Outcome | 'invoke'>('invoke', 'ok', 'fail', 'info'), fc.nat()),
  );
  fc.assert(
    fc.property(steps, (all) => {
      const { history } = recorder();
      const open: ReturnType<typeof history.invoke>[] = [];
      for (const [kind, pick] of all) {
        if (kind === 'invoke') open.push(history.invoke('x', null));
        else if (open.length > 0) open.splice(pick % open.length, 1)[0]!.complete(kind, null);
      }
      const state = new Map<number, string>();
      for (const event of history.events) {
        if (event.type !== 'op') continue;
        const before = state.get(event.process);
        if (event.kind === 'invoke') expect([undefined, 'ok', 'fail']).toContain(before);
        else expect(before).toBe('invoke');
        state.set(event.process, event.kind);
      }
    }),
  );
});
