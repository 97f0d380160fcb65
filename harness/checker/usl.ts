// The Universal Scalability Law (N. J. Gunther, Guerrilla Capacity Planning, 2007): the throughput of n workers is
//
//   X(n) = λ n / (1 + σ (n − 1) + κ n (n − 1))
//
//   λ  what one worker does by itself        σ  contention: the share of the work that only one can do at a time
//   κ  coherency: what each pays for every other one; with it there is a peak, beyond which more workers do less
//
// n / X(n) is linear in 1/λ, σ/λ and κ/λ, so the fit is one of least squares, of relative errors, and needs no start values.
// Pure.

export interface MeasuredThroughput {
  workers: number;
  jobsPerSecond: number;
}

export interface ScalabilityPoint extends MeasuredThroughput {
  /** The share of what as many workers would do if each did what one does alone. */
  efficiency: number;
}

export interface Usl {
  /** Jobs per second. */
  lambda: number;
  /** At least 0. */
  sigma: number;
  /** At least 0. */
  kappa: number;
  /** The number of workers with the highest throughput, √((1 − σ) / κ) and at least 1; null where κ is 0: there is none. */
  peakWorkers: number | null;
  /** By how much the measured throughput that fits worst differs from the fitted one. */
  fitErrorPercentMax: number;
}

/** There are three coefficients: through three points every law goes. */
const differentCountsAtLeast = 4;

/** @returns undefined if there are fewer than four different numbers of workers, or one of them did nothing */
export function fitUsl(measured: readonly MeasuredThroughput[]): Usl | undefined {
  if (new Set(measured.map(({ workers }) => workers)).size < differentCountsAtLeast) return undefined;
  if (!measured.every(({ workers, jobsPerSecond }) => workers >= 1 && jobsPerSecond > 0)) return undefined;
  // Each row says: the fitted n / X(n), divided by the measured one, is 1.
  const rows = measured.map(({ workers: n, jobsPerSecond }) =>
    [1, n - 1, n * (n - 1)].map((term) => (term * jobsPerSecond) / n),
  );
  // Neither coefficient is negative. With just two of them that is: the best of the fits that leave none, one or both out.
  const [best] = [[0, 1, 2], [0, 1], [0, 2], [0]]
    .flatMap((kept) => {
      const coefficients = leastSquaresToOne(rows.map((row) => kept.map((column) => row[column]!)));
      if (coefficients?.some((coefficient) => coefficient < 0) !== false) return [];
      const [perJob, contention, coherency] = [0, 1, 2].map(
        (column) => coefficients[kept.indexOf(column)] ?? 0,
      );
      const law = { lambda: 1 / perJob!, sigma: contention! / perJob!, kappa: coherency! / perJob! };
      const error = rows.reduce(
        (sum, row) => sum + (dot(row, [perJob!, contention!, coherency!]) - 1) ** 2,
        0,
      );
      return Number.isFinite(law.lambda) ? [{ law, error }] : [];
    })
    .sort((a, b) => a.error - b.error);
  if (best === undefined) return undefined;
  const { law } = best;
  const errors = measured.map(({ workers, jobsPerSecond }) =>
    Math.abs(jobsPerSecond / throughputAt(law, workers) - 1),
  );
  return { ...law, peakWorkers: peakOf(law), fitErrorPercentMax: 100 * Math.max(...errors) };
}

/** X(n), in jobs per second. */
export function throughputAt(
  { lambda, sigma, kappa }: Pick<Usl, 'lambda' | 'sigma' | 'kappa'>,
  n: number,
): number {
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

function peakOf({ sigma, kappa }: Pick<Usl, 'sigma' | 'kappa'>): number | null {
  return kappa === 0 ? null : Math.sqrt(Math.max(1, (1 - sigma) / kappa));
}

/** The x for which the products of the rows with it are as near to 1 as can be; undefined if the rows do not tell. */
function leastSquaresToOne(rows: readonly (readonly number[])[]): number[] | undefined {
  const size = rows[0]!.length;
  const column = (index: number) => rows.map((row) => row[index]!);
  const ones = rows.map(() => 1);
  // The normal equations, each with its right side at the end; then Gauss–Jordan.
  const equations = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => dot(column(i), column(j))),
    dot(column(i), ones),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const own = equations[pivot]!;
    if (!(Math.abs(own[pivot]!) > Number.EPSILON)) return undefined;
    for (const other of equations) {
      if (other === own) continue;
      const factor = other[pivot]! / own[pivot]!;
      for (let k = pivot; k <= size; k++) other[k]! -= factor * own[k]!;
    }
  }
  return equations.map((equation, index) => equation[size]! / equation[index]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
