// Plants a bug into `reliable-list`: the adapter with some lines of its scripts replaced. The bugs are in adapters/.

import type { QueueAdapter } from '../../services/shared/queue/queue.ts';
import { type Scripts, scripts } from '../../services/shared/queue/reliable-list/scripts.ts';
import { reliableList } from '../../services/shared/queue/reliable-list.ts';

/** In this script, this text becomes that one. */
export type Bug = readonly [script: keyof Scripts, right: string, wrong: string];

/** @throws {Error} if the text of a bug is not in its script (any more): then nothing would be planted */
export function plant(name: string, ...bugs: Bug[]): QueueAdapter {
  const planted: Partial<Scripts> = {};
  for (const [script, right, wrong] of bugs) {
    const text = planted[script] ?? scripts[script];
    if (!text.includes(right)) throw new Error(`${name}: ${script}.lua has no ${JSON.stringify(right)}`);
    planted[script] = text.replace(right, wrong);
  }
  return reliableList(planted, name);
}
