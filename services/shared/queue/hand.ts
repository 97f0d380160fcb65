// The claims that a consumer has in hand: claimed, not yet acked, released or lost. No I/O.

import type { Claim } from './queue.ts';

export interface Hand {
  take(claim: Claim): void;
  drop(claim: Claim): void;
  claims(): Claim[];
  /** Id and fence of each, in one flat list. */
  fences(): (string | number)[];
  /** Drops those of `held` that are still in hand and whose ids are given; answers all that were lost since. */
  lose(held: Claim[], ids: ReadonlySet<string>): Claim[];
}

export function createHand(): Hand {
  const inHand = new Map<string, Claim>();
  // Claims whose job came back to us under a newer fence before anyone noticed the loss.
  let superseded: Claim[] = [];
  const same = (a: Claim | undefined, b: Claim) => a?.fence === b.fence;

  return {
    take(claim) {
      const older = inHand.get(claim.id);
      if (older && !same(older, claim)) superseded.push(older);
      inHand.set(claim.id, claim);
    },
    drop(claim) {
      if (same(inHand.get(claim.id), claim)) inHand.delete(claim.id);
      superseded = superseded.filter((other) => other.id !== claim.id || !same(other, claim));
    },
    claims: () => [...inHand.values()],
    fences: () => [...inHand.values()].flatMap(({ id, fence }) => [id, fence]),
    lose(held, ids) {
      const lost = held.filter((claim) => ids.has(claim.id) && same(inHand.get(claim.id), claim));
      for (const claim of lost) inHand.delete(claim.id);
      lost.push(...superseded);
      superseded = [];
      return lost;
    },
  };
}
