// Lua scripts: read from files beside the adapters, run by hash, sent in full only where Redis does not know them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export interface Script {
  text: string;
  sha: string;
}

/** One script of the files given, such as `./list/ack.lua`, behind the prelude that all of them share. */
export function readScript(...paths: string[]): string {
  return ['./record/prelude.lua', ...paths]
    .map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'))
    .join('\n');
}

export function prepareScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Each under its name. */
export function prepareScripts<Name extends string>(
  texts: Readonly<Record<Name, string>>,
): Record<Name, Script> {
  const entries = Object.entries<string>(texts).map(([name, text]) => [name, prepareScript(text)]);
  return Object.fromEntries(entries);
}

/** NOSCRIPT (a restart, SCRIPT FLUSH) means that nothing was done, so sending the text then is safe. */
export async function runScript(
  redis: Redis,
  script: Script,
  prefix: string,
  args: (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, 1, prefix, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.eval(script.text, 1, prefix, ...args);
  }
}
