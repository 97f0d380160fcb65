import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askAscending, toRanges } from './ranges.ts';

test('ranges join neighbours and nothing else', () => {
  expect(toRanges([])).toEqual([]);
  expect(toRanges([0, 1, 2, 4, 7, 8])).toEqual([
    [0, 2],
    [4, 4],
    [7, 8],
  ]);
});

test('what went in is found again, and nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (numbers) => {
      const has = askAscending(toRanges(numbers.toSorted((a, b) => a - b)));
      const found = Array.from({ length: 62 }, (_, n) => n).filter((n) => has(n));
      expect(found).toEqual(numbers.toSorted((a, b) => a - b));
    }),
  );
});
