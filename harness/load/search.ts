// The search for the highest rate that meets the objectives: doubles until one is missed, then halves the gap. It only
// decides which rate is tried next; what trying is, it is given.

export interface SearchOptions {
  /** The first rate. */
  from: number;
  /** No rate above it is tried. */
  most: number;
  /** It ends when the lowest rate that was missed is at most this many times the highest that was met. */
  within: number;
}

export interface Found {
  /** `null`: not even one submission a second. */
  highestMet: number | null;
  /** `null`: every rate was met. */
  lowestMissed: number | null;
}

export async function searchRate(
  meets: (rate: number) => Promise<boolean>,
  { from, most, within }: SearchOptions,
): Promise<Found> {
  let met = 0;
  let missed = Number.POSITIVE_INFINITY;
  for (let rate = Math.min(from, most); ; ) {
    if (await meets(rate)) met = rate;
    else missed = rate;
    const next = nextRate(met, missed, most, within);
    if (next === undefined) break;
    rate = next;
  }
  return {
    highestMet: met === 0 ? null : met,
    lowestMissed: Number.isFinite(missed) ? missed : null,
  };
}

function nextRate(met: number, missed: number, most: number, within: number): number | undefined {
  if (!Number.isFinite(missed)) return met >= most ? undefined : Math.min(met * 2, most);
  if (met === 0) return missed <= 1 ? undefined : Math.floor(missed / 2);
  if (missed <= met * within || missed - met <= 1) return undefined;
  // Halfway as factors, not as differences: from 20 to 40 by way of 28.
  return Math.min(Math.max(Math.round(Math.sqrt(met * missed)), met + 1), missed - 1);
}
