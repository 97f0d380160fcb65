// The objectives of the judge: one place for load tests and alerts. Plain constants, which k6 and Node both import.

export const slo = {
  /** From sending a submission to the 202, connecting included. */
  acceptMs: { p95: 50, p99: 100 },
  /** From sending a submission to its verdict at the client. What runs into its time limit takes that long, and is left out. */
  verdictMs: { p95: 500, p99: 1000 },
  /** Submissions that were not accepted, or whose verdict was never seen, of all that were sent. */
  failedRate: 0.001,
  /** Verdicts that differ from what the program deserves. */
  wrongVerdicts: 0,
} as const;

/** While workers are killed and Redis restarts, a client may be refused; what was accepted must still be judged, and rightly. */
export const sloDuringChaos = { failedRate: 0.25, wrongVerdicts: 0 } as const;
