// Reads back all that the writers of writes.ts may have written: which numbers are there, and what is there that nobody
// wrote. It looks at every key, not just at those that it expects.

import type { Redis } from 'ioredis';
import { type Range, toRanges } from '../checker/ranges.ts';
import { textOf, type Writer } from './numbered.ts';

export interface Surveyed {
  /** By writer: the numbers that are there, with the right value. */
  present: Record<number, Range[]>;
  /** Keys and values that nobody wrote: the first of them, and how many there are. */
  strangers: string[];
  strangersCount: number;
}

const strangersShown = 10;

export async function survey(redis: Redis, prefix: string, writers: readonly Writer[]): Promise<Surveyed> {
  const numbers = writers.map(() => new Set<number>());
  const strangers: string[] = [];
  const note = (writer: number, text: string | null, expected: number | undefined, where: string) => {
    const n = Number.parseInt(text ?? '', 10);
    const right = text === textOf(n) && (expected ?? n) === n && !numbers[writer]!.has(n);
    if (right) numbers[writer]!.add(n);
    else strangers.push(`${where}: ${text}`);
  };
  const lists: { key: string; writer: number }[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    const single: { key: string; writer: number; n: number }[] = [];
    // SCAN may give a key twice; its number counts once.
    for (const key of new Set(keys as string[])) {
      const [, structure, writer, n] = /^(key|list):(\d+)(?::(\d+))?$/.exec(key.slice(prefix.length)) ?? [];
      const known = writers[Number(writer)]?.structure === structure ? Number(writer) : undefined;
      if (known === undefined) strangers.push(key);
      else if (structure === 'list') lists.push({ key, writer: known });
      else if (!numbers[known]!.has(Number(n))) single.push({ key, writer: known, n: Number(n) });
    }
    if (single.length === 0) continue;
    const values = await redis.mget(single.map(({ key }) => key));
    for (const [at, { key, writer, n }] of single.entries()) note(writer, values[at]!, n, key);
  }
  for (const key of new Set(lists.map((list) => list.key))) {
    const { writer } = lists.find((list) => list.key === key)!;
    for (const value of await redis.lrange(key, 0, -1)) note(writer, value, undefined, key);
  }
  return {
    present: Object.fromEntries(
      numbers.map((set, writer) => [writer, toRanges([...set].sort((a, b) => a - b))]),
    ),
    strangers: strangers.slice(0, strangersShown),
    strangersCount: strangers.length,
  };
}
