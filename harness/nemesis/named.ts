// Which submissions a message on the wire names, whatever its protocol: their ids stand in it as they are.

import { following } from '../follow.ts';
import type { Event, Op } from '../op.ts';

/** What looks like the id of a job. */
export function idsIn(message: Buffer): string[] {
  return message.toString('latin1').match(/[a-z2-7]{26}/g) ?? [];
}

export interface Submitted {
  has(id: string): boolean;
  /** Whether a client waits for the answer right now. */
  isAwaited(id: string): boolean;
}

/** Follows a history: what clients submitted so far. */
export function submittedIn(events: readonly Event[]): Submitted {
  const ops = following(events, isSubmit);
  const ids = new Set<string>();
  const awaited = new Map<number, string>();
  let next = 0;
  const read = (): void => {
    const all = ops();
    for (; next < all.length; next++) {
      const { kind, process, value } = all[next]!;
      const { id } = value as { id: string };
      ids.add(id);
      if (kind === 'invoke') awaited.set(process, id);
      else awaited.delete(process);
    }
  };
  return {
    has: (id) => {
      read();
      return ids.has(id);
    },
    isAwaited: (id) => {
      read();
      return [...awaited.values()].includes(id);
    },
  };
}

function isSubmit(event: Event): event is Op {
  return event.type === 'op' && event.f === 'submit';
}
