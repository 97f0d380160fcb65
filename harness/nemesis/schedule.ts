// When the faults of a plan strike: gaps drawn between a least and a most, and a victim's draw for each.

import type { Random } from '../random.ts';

export interface Strikes {
  times: number;
  /** From one strike to the next, at least and at most. */
  everyMs: readonly [number, number];
}

export interface Strike {
  /** After the load began. */
  atMs: number;
  /** From 0 to 1: where among the living the search for a victim begins. */
  victim: number;
}

export function drawStrikes(
  random: Random,
  name: string,
  { times, everyMs: [least, most] }: Strikes,
): Strike[] {
  const draw = random.fork(name);
  let atMs = 0;
  return Array.from({ length: times }, () => {
    atMs += draw.int(least, most);
    return { atMs, victim: draw.float() };
  });
}
