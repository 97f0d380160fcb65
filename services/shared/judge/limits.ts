// What a submission may use. The numbers come from the settings; nothing is enforced here.

import type { ApiConfig, WorkerConfig } from '../config.ts';

export interface SandboxLimits {
  /** For all tests of a submission together, sleeping included. */
  timeLimitMs: number;
  /** For one test. */
  memoryLimitBytes: number;
  stackLimitBytes: number;
  /** For what one test prints, and for the JSON of its result. */
  outputLimitBytes: number;
}

export function sandboxLimits(config: ApiConfig | WorkerConfig): SandboxLimits {
  return {
    timeLimitMs: config.SANDBOX_TIME_LIMIT_MS,
    memoryLimitBytes: config.SANDBOX_MEMORY_LIMIT_BYTES,
    stackLimitBytes: config.SANDBOX_STACK_LIMIT_BYTES,
    outputLimitBytes: config.SANDBOX_OUTPUT_LIMIT_BYTES,
  };
}
