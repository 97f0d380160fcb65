import { expect, test } from 'vitest';
import type { Claim } from '../claim.ts';
import { listing } from './listing.ts';

const claim = (id: string, section: string) =>
  ({ id, section, statement: `what ${id} says`, control: { statement: `control of ${id}` } }) as Claim;
const claims = [
  claim('fault/a', 'Fault Tolerance'),
  claim('fault/b', 'Fault Tolerance'),
  { ...claim('queue/c', 'Queue'), long: true },
];

test('by section', () => {
  expect(listing(claims, false)).toBe(`Fault Tolerance
  fault/a
      what fault/a says
  fault/b
      what fault/b says

Queue
  queue/c (long: with --all, or by its id)
      what queue/c says
`);
});

test('as JSON', () => {
  const text = listing(claims.slice(0, 1), true);
  expect(text.endsWith('\n')).toBe(true);
  expect(JSON.parse(text)).toEqual([
    {
      id: 'fault/a',
      section: 'Fault Tolerance',
      statement: 'what fault/a says',
      control: 'control of fault/a',
      long: false,
    },
  ]);
});
