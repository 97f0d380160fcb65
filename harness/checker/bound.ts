// The upper bound of a probability from how often it was seen. Pure.

/**
 * The one-sided 95 % upper bound (Clopper–Pearson) of a rate of which `seen` of `trials` were seen. With none seen this
 * is 1 − 0.05^(1/trials), about 3/trials: the "rule of three".
 */
export function upperBound95(seen: number, trials: number): number {
  if (trials <= 0) return 1;
  if (seen >= trials) return 1;
  // Bisection for the p at which seeing no more than `seen` has a probability of 5 %.
  let low = seen / trials;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const p = (low + high) / 2;
    if (atMost(seen, trials, p) > 0.05) low = p;
    else high = p;
  }
  return high;
}

/** P(X ≤ seen) for a binomial X, summed in logarithms. */
function atMost(seen: number, trials: number, p: number): number {
  let logTerm = trials * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= seen; k++) {
    logTerm += Math.log((trials - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return sum;
}
