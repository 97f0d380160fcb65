// One reporter that hands every event to several. A broken one is named once on standard error and cannot stop the run.

import type { Reporter } from './result.ts';

export function multiplex(reporters: readonly Reporter[], complain = console.error): Reporter {
  const broken = new Set<Reporter>();
  const each =
    <K extends keyof Reporter>(hook: K) =>
    (...args: unknown[]): void => {
      for (const reporter of reporters) {
        try {
          (reporter[hook] as ((...args: unknown[]) => void) | undefined)?.apply(reporter, args);
        } catch (error) {
          if (!broken.has(reporter)) complain(`a reporter failed in ${hook}: ${(error as Error).message}`);
          broken.add(reporter);
        }
      }
    };
  return {
    runStarted: each('runStarted'),
    claimStarted: each('claimStarted'),
    phase: each('phase'),
    fault: each('fault'),
    armFinished: each('armFinished'),
    claimFinished: each('claimFinished'),
    runFinished: each('runFinished'),
  };
}
