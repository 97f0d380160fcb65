// Sets of whole numbers as ascending, disjoint ranges: 0 to 1,234 and 1,236 to 1,300. Pure.

/** First and last, both included. */
export type Range = readonly [first: number, last: number];

/** @param numbers ascending, none twice */
export function toRanges(numbers: Iterable<number>): Range[] {
  const ranges: [number, number][] = [];
  for (const n of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return ranges;
}

/** Asks for ascending numbers only, so that each range is looked at once. */
export function askAscending(ranges: readonly Range[]): (n: number) => boolean {
  let at = 0;
  return (n) => {
    while (at < ranges.length && ranges[at]![1] < n) at++;
    return at < ranges.length && ranges[at]![0] <= n;
  };
}
