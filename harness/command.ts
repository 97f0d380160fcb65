// What the commands of the harness share as processes: interruption by a signal or by a reader that goes away, writing
// that survives it, and an exit that waits for neither timers nor connections.

/**
 * Aborted by SIGINT, SIGTERM, SIGHUP, or when nobody reads the output any more. A second signal changes nothing: npm passes
 * Ctrl-C on to a process that got it from the terminal already.
 */
export function onInterrupt(): AbortController {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort(new Error(signal)));
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => interrupted.abort(new Error('nobody reads the output')));
  }
  return interrupted;
}

/** Resolves when it is written, or cannot be. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}

/** What is still in the output goes out before. */
export async function exitWith(status: number): Promise<never> {
  await Promise.all([write(process.stdout, ''), write(process.stderr, '')]);
  process.exit(status);
}
