// The one clock that all processes of a machine share: CLOCK_MONOTONIC, in milliseconds with a fraction.
// Not the time of day; it never jumps. Redis' own TIME is the clock of leases, this one is the clock of histories.

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
