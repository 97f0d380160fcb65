// Several nemeses, one after the other.

import type { Nemesis } from '../claim.ts';

export function inTurn(...nemeses: Nemesis[]): Nemesis {
  return {
    plan: nemeses.map(({ plan }) => plan),
    landedAtLeast: nemeses.reduce((sum, { landedAtLeast }) => sum + landedAtLeast, 0),
    inject: async (arena) => {
      for (const nemesis of nemeses) await nemesis.inject(arena);
    },
    heal: async (arena) => {
      for (const nemesis of nemeses) await nemesis.heal?.(arena);
    },
  };
}
