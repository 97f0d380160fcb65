import { expect, test } from 'vitest';
import { createRecorder } from '../history.ts';
import { idsIn, submittedIn } from './named.ts';

const [a, b] = ['a'.repeat(26), `${'b2'.repeat(12)}c7`];

test.each<[string, string]>([
  ['RESP', `*3\r\n$4\r\nLREM\r\n$26\r\n${a}\r\n$36\r\njudge:job:${b}\r\n`],
  ['JSON', `{"id":"${a}","other":"${b}"}`],
  ['a packed list of arguments', `\x93\xba${a}\xba${b}\xc0`],
])('ids are found in %s', (_, message) => {
  expect(idsIn(Buffer.from(message, 'latin1'))).toEqual([a, b]);
});

test('there are none in what is shorter or looks otherwise', () => {
  expect(idsIn(Buffer.from(`${a.slice(1)} ${a.slice(1)}1 ${b.toUpperCase()}`))).toEqual([]);
});

test('what was submitted, and whose answer is awaited, as the history grows', () => {
  const history = createRecorder(
    () => 0,
    () => {},
  );
  const submitted = submittedIn(history.events);
  expect([submitted.has(a), submitted.isAwaited(a)]).toEqual([false, false]);
  const first = history.invoke('submit', { id: a });
  const second = history.invoke('submit', { id: b });
  history.invoke('read', { id: 'c' });
  expect([submitted.isAwaited(a), submitted.isAwaited(b), submitted.has('c')]).toEqual([true, true, false]);
  first.complete('info', { id: a }, 'ECONNRESET');
  second.complete('ok', { id: b });
  expect([submitted.has(a), submitted.isAwaited(a)]).toEqual([true, false]);
  expect([submitted.has(b), submitted.isAwaited(b)]).toEqual([true, false]);
  history.invoke('submit', { id: a });
  expect(submitted.isAwaited(a)).toBe(true);
});
