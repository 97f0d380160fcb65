// A small HTTP server in a process of its own, so that it shares no event loop with the load. Its file sends its port when it
// listens, and ends when this process does.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** @param file beside this one */
export async function forkServer(file: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = fork(join(import.meta.dirname, file));
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
