import { describe, expect, test } from 'vitest';
import { apiSchema, loadConfig, subscriberSchema, workerSchema } from '../../services/shared/config.ts';
import type { Claim } from '../claim.ts';
import { prefixOf } from '../run.ts';
import { loadClaims, selectClaims } from './index.ts';

const claims = ['fault/worker-kill-list', 'fault/worker-kill-reliable-list', 'queue/fifo', 'queue/f.fo'].map(
  (id) => ({ id }) as Claim,
);
const selected = (...globs: string[]) => selectClaims(claims, globs).map(({ id }) => id);

describe('selectClaims', () => {
  test('no glob is all of them', () => expect(selected()).toEqual(claims.map(({ id }) => id)));

  test.each([
    [['queue/fifo'], ['queue/fifo']],
    [['fault/*'], ['fault/worker-kill-list', 'fault/worker-kill-reliable-list']],
    [['*-list'], ['fault/worker-kill-list', 'fault/worker-kill-reliable-list']],
    [['*'], ['fault/worker-kill-list', 'fault/worker-kill-reliable-list', 'queue/fifo', 'queue/f.fo']],
    [['queue/f.fo'], ['queue/f.fo']],
    [
      ['queue/fifo', 'fault/worker-kill-list'],
      ['fault/worker-kill-list', 'queue/fifo'],
    ],
    [
      ['queue/*', '*fifo'],
      ['queue/fifo', 'queue/f.fo'],
    ],
  ])('%j', (globs, ids) => expect(selected(...globs)).toEqual(ids));

  test.each([
    'fifo',
    'queue',
    'queue/fif',
    'queue/fif?',
    'QUEUE/FIFO',
    '',
    '(',
    '[a-z]*',
    'a|queue/fifo',
  ])('a glob that matches nothing is named: %j', (glob) => {
    expect(() => selected('queue/fifo', glob)).toThrow(
      new RangeError(
        `--claim ${JSON.stringify(glob)} matches no claim; \`npm run chaos -- --list\` shows their ids`,
      ),
    );
  });
});

test('long claims run when they are named by their id, or with --all', () => {
  const withLong = [...claims, { id: 'queue/slow', long: true } as Claim];
  const ids = (globs: string[], all?: boolean) => selectClaims(withLong, globs, all).map(({ id }) => id);
  expect(ids([])).not.toContain('queue/slow');
  expect(ids(['queue/*'])).not.toContain('queue/slow');
  expect(ids(['queue/slow'])).toEqual(['queue/slow']);
  expect(ids([], true)).toContain('queue/slow');
  expect(ids(['queue/*'], true)).toContain('queue/slow');
});

describe('loadClaims', () => {
  test('all of them, in the order of the course, each with what it needs', async () => {
    const all = await loadClaims();
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...new Set(ids.map((id) => id.split('/')[0]))].slice(0, 6)).toEqual([
      'balance',
      'scaling',
      'fault',
      'async',
      'queue',
      'pubsub',
    ]);
    for (const { id, section, statement, control } of all) {
      expect([id, section, statement, control.statement, ...control.mustBreak]).not.toContain('');
      expect(control.mustBreak.length).toBeGreaterThan(0);
    }
  });
});

test('the services take the prefix of every claim, with the longest seed too', async () => {
  const longestSeed = 2 ** 32 - 1;
  for (const { id } of await loadClaims()) {
    for (const arm of ['claim', 'control'] as const) {
      const settings = { REDIS_URL: 'redis://127.0.0.1:1', QUEUE_PREFIX: prefixOf(longestSeed, id, arm) };
      expect(loadConfig(apiSchema, settings)).toMatchObject(settings);
      expect(loadConfig(workerSchema, settings)).toMatchObject(settings);
      expect(loadConfig(subscriberSchema, settings)).toMatchObject(settings);
    }
  }
});
