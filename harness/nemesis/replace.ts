// Starts another instance for one that a fault ended, without holding up the next fault.

import type { NemesisArena } from '../claim.ts';
import type { Service } from '../system/judge.ts';

export interface Replacements {
  /** Begins to start one; `then` is told its name and pid once it is ready. */
  begin(
    arena: NemesisArena,
    service: Service,
    then: (proof: Record<string, unknown>) => void,
    port?: number,
  ): void;
  /** Resolves when all are ready. @throws {Error} if one did not get ready */
  done(): Promise<void>;
}

export function replacements(): Replacements {
  const begun: Promise<void>[] = [];
  return {
    begin: ({ system }, service, then, port) => {
      const started = system
        .start(service, port)
        .then(({ name, process }) => then({ replacedBy: name, newPid: process.pid }));
      started.catch(() => {}); // `done` is where its failure is seen
      begun.push(started);
    },
    done: async () => {
      await Promise.all(begun);
    },
  };
}
