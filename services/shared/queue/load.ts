// Finds a queue adapter by its name, or in a user's own file.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { QueueAdapter } from './queue.ts';

const adapters: Record<string, () => Promise<{ default: unknown }>> = {
  list: () => import('./list.ts'),
  'reliable-list': () => import('./reliable-list.ts'),
  stream: () => import('./stream.ts'),
  bullmq: () => import('./bullmq.ts'),
};

export const adapterNames = Object.keys(adapters);

/** Whether an adapter is named by a path, not by its name. */
export const isFile = (spec: string) => spec.includes('/');

/**
 * @param spec an adapter's name, or a path (with a slash) to a file whose default export is a `QueueAdapter`
 * @throws {TypeError} saying what is wrong with it and what would be right
 */
export async function loadAdapter(spec: string): Promise<QueueAdapter> {
  const known = Object.hasOwn(adapters, spec) ? adapters[spec] : undefined;
  if (known === undefined && !isFile(spec)) {
    throw new TypeError(
      `queue ${JSON.stringify(spec)}: no such adapter; known are ${adapterNames.join(', ')}, or a path such as ./my-adapter.ts`,
    );
  }
  const file = resolve(spec);
  if (known === undefined && !existsSync(file))
    throw new TypeError(
      `queue ${JSON.stringify(spec)}: no such file; it should export a QueueAdapter, such as a copy of examples/my-adapter.ts`,
    );
  const load = known ?? (() => import(pathToFileURL(file).href) as Promise<{ default?: unknown }>);
  const module = await load().catch((cause: Error) => {
    throw new TypeError(`queue ${JSON.stringify(spec)}: cannot be loaded: ${cause.message}`, { cause });
  });
  return assertAdapter(module.default, spec);
}

function assertAdapter(adapter: unknown, spec: string): QueueAdapter {
  const wrong = (what: string) =>
    new TypeError(`queue ${JSON.stringify(spec)}: ${what} (see services/shared/queue/queue.ts)`);
  if (typeof adapter !== 'object' || adapter === null)
    throw wrong('its default export is no QueueAdapter object');
  const { name, contract, producer, consumer } = adapter as Record<string, unknown>;
  if (typeof name !== 'string') throw wrong('`name` must be a string');
  if (!['at-most-once', 'at-least-once', 'effectively-once'].includes(contract as string)) {
    throw wrong('`contract` must be at-most-once, at-least-once or effectively-once');
  }
  if (typeof producer !== 'function') throw wrong('`producer` must be a function');
  if (typeof consumer !== 'function') throw wrong('`consumer` must be a function');
  return adapter as QueueAdapter;
}
