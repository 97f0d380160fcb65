// Plants a bug into an adapter: some lines of its scripts replaced. The bugs are in adapters/.

import type { QueueAdapter } from '../../services/shared/queue/queue.ts';
import { scripts as listScripts } from '../../services/shared/queue/reliable-list/scripts.ts';
import { reliableList } from '../../services/shared/queue/reliable-list.ts';
import { scripts as streamScripts } from '../../services/shared/queue/stream/scripts.ts';
import { stream } from '../../services/shared/queue/stream.ts';

/** In this script, this text becomes that one. */
export type Bug<Scripts> = readonly [script: keyof Scripts, right: string, wrong: string];

/** @throws {Error} if the text of a bug is not in its script (any more): then nothing would be planted */
export function plant(name: string, ...bugs: Bug<typeof listScripts>[]): QueueAdapter {
  return reliableList(replaced(name, listScripts, bugs), name);
}

/** The same, into `stream`. */
export function plantIntoStream(name: string, ...bugs: Bug<typeof streamScripts>[]): QueueAdapter {
  return stream(replaced(name, streamScripts, bugs), name);
}

function replaced<Scripts extends Readonly<Record<string, string>>>(
  name: string,
  scripts: Scripts,
  bugs: readonly Bug<Scripts>[],
): Scripts {
  const texts: Record<string, string> = { ...scripts };
  for (const [script, right, wrong] of bugs) {
    const text = texts[String(script)]!;
    if (!text.includes(right))
      throw new Error(`${name}: ${String(script)}.lua has no ${JSON.stringify(right)}`);
    texts[String(script)] = text.replace(right, wrong);
  }
  return texts as Scripts;
}
