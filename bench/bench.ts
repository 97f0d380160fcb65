// What a bench is: the shape of every file beside this one. Types only.

import type { DeadMan } from '../harness/system/dead-man.ts';
import type { RedisBinary } from '../harness/toolchain/redis.ts';

/** Figures by name, units last; names of things as text. */
export type Row = Record<string, number | string>;

export interface Place {
  redis: RedisBinary;
  /** Whatever a bench starts dies with it. */
  deadMan: DeadMan;
  /** For data; removed at the end. */
  temporaryDir: string;
  say(line: string): void;
}

export interface Bench {
  name: string;
  /** What is measured, in one line. */
  what: string;
  /** The figure that is drawn as bars beside the table. */
  bars?: string;
  run(place: Place): Row[] | Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A ratio for people: two digits behind the point. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
