// Looks at a history while it grows, reading each event once. No I/O.

import type { Event, FaultEvent, Observation } from './op.ts';

/** The events so far that match, in order. */
export function following<T extends Event>(
  events: readonly Event[],
  matches: (event: Event) => event is T,
): () => readonly T[] {
  const found: T[] = [];
  let next = 0;
  return () => {
    for (; next < events.length; next++) {
      const event = events[next]!;
      if (matches(event)) found.push(event);
    }
    return found;
  };
}

export const isHeal = (event: Event): event is FaultEvent => event.type === 'fault' && event.step === 'heal';

export function isObservation(f: string): (event: Event) => event is Observation {
  return (event): event is Observation => event.type === 'observation' && event.f === f;
}
