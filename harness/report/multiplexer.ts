// One reporter that hands every event to several. A broken one is named once on standard error and cannot stop the run.

import type { Reporter } from './result.ts';

export function multiplex(reporters: readonly Reporter[], complain = console.error): Reporter {
  const broken = new Set<Reporter>();
  const blame = (reporter: Reporter, hook: string, error: unknown): void => {
    if (!broken.has(reporter)) complain(`a reporter failed in ${hook}: ${messageOf(error)}`);
    broken.add(reporter);
  };
  const each =
    <K extends keyof Reporter>(hook: K) =>
    (...args: unknown[]): void => {
      for (const reporter of reporters) {
        try {
          const said = (reporter[hook] as ((...args: unknown[]) => unknown) | undefined)?.apply(
            reporter,
            args,
          );
          // An async hook fits the type as well: its rejection must not end the process.
          if (said instanceof Promise) said.catch((error) => blame(reporter, hook, error));
        } catch (error) {
          blame(reporter, hook, error);
        }
      }
    };
  return {
    runStarted: each('runStarted'),
    claimStarted: each('claimStarted'),
    armStarted: each('armStarted'),
    phase: each('phase'),
    fault: each('fault'),
    armFinished: each('armFinished'),
    claimFinished: each('claimFinished'),
    runFinished: each('runFinished'),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
