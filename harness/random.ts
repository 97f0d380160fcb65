// Seeded randomness for plans: the same seed and name always give the same numbers. Only plans use it; what happens
// during a run is never drawn.

import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** From 0 to 1, 1 excluded. */
  float(): number;
  /** An exponentially distributed number with this mean: the gaps of a Poisson process. */
  exponential(mean: number): number;
  pick<T>(items: readonly T[]): T;
  /** An independent stream for a part of the plan, so that one part's length does not shift another's. */
  fork(name: string): Random;
}

export function createRandom(seed: number, name: string): Random {
  const digest = createHash('sha256').update(`${seed}/${name}`).digest();
  const generator = xoroshiro128plus(digest.readInt32LE(0));
  const float = () => uniformFloat64(generator);
  return {
    int: (least, most) => uniformInt(generator, least, most),
    float,
    exponential: (mean) => -mean * Math.log(1 - float()),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('cannot pick from no items');
      return items[uniformInt(generator, 0, items.length - 1)]!;
    },
    fork: (part) => createRandom(seed, `${name}/${part}`),
  };
}
