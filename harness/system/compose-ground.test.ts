import { expect, test } from 'vitest';
import { whyNotInContainers } from './compose-ground.ts';
import { judgeOf } from './spec.ts';

test('a system of the image and nothing else fits', () => {
  expect(whyNotInContainers(judgeOf({ queue: 'stream' }))).toBeUndefined();
});

test.each([
  [judgeOf({ proxied: ['api-redis'] }), 'a proxy of the harness'],
  [judgeOf({ disk: { sizeMiB: 64, needed: 'whereItCan' } }), 'a disk of the harness'],
  [judgeOf({ queue: '/home/me/my-adapter.ts' }), 'the file /home/me/my-adapter.ts'],
])('what does not fit says why, and what to do', (spec, reason) => {
  expect(whyNotInContainers(spec)).toContain(reason);
  expect(whyNotInContainers(spec)).toMatch(/: run it with(out| --redis docker instead of) --system compose$/);
});
