// How the API leaves: lame duck (ready says no, every answer closes its connection), then no new connections, then the
// requests in flight are finished, within a grace.

import { setTimeout as delay } from 'node:timers/promises';
import type { ApiServer } from './http-server.ts';

export interface DrainOptions {
  lameDuckMs: number;
  graceMs: number;
}

/** Resolves when no connection is left. `cut`: the grace ran out and connections were cut off. */
export async function drain(
  { server, closeAfterAnswers }: ApiServer,
  { lameDuckMs, graceMs }: DrainOptions,
): Promise<{ cut: boolean }> {
  closeAfterAnswers();
  await delay(lameDuckMs);
  // Closes idle connections too.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const over = new AbortController();
  const late = delay(graceMs, true, { signal: over.signal }).catch(() => false);
  const cut = (await Promise.race([closed, late])) === true;
  over.abort();
  if (cut) {
    server.closeAllConnections();
    await closed;
  }
  return { cut };
}
