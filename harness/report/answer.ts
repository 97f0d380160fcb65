// The plain answer to `--redis-config`: what each end of Redis costs under somebody's own settings. Pure.

import type { Cell } from '../checker/cells.ts';
import { count } from './figures.ts';
import type { ClaimResult } from './result.ts';
import { wrap } from './wrap.ts';

const subjects = {
  SIGTERM: 'An orderly stop (SIGTERM)',
  SIGKILL: 'A SIGKILL',
  'power cut': 'A power cut',
} as const;

/** @param width of a line, in characters */
export function answer(
  { evidence, faults }: ClaimResult,
  settings: Record<string, string>,
  width = Number.POSITIVE_INFINITY,
): string {
  const cells = (evidence.cells ?? []) as Cell[];
  const lines = cells.map((cell) => `${subjects[cell.fault]} costs you ${costOf(cell)}.`);
  for (const { fault, times, timesRefused } of cells) {
    if (timesRefused === 0) continue;
    lines.push(
      `After ${timesRefused} ${fault} of ${times} Redis refused to start until redis-check-aof --fix cut its AOF short.`,
    );
  }
  const uncut = faults.find(({ proof }) => proof.skipped !== undefined);
  if (uncut) lines.push(`A power cut was not tried: ${uncut.proof.skipped}.`);
  const { appendonly = 'no', appendfsync = 'everysec' } = settings;
  if (appendonly === 'yes' && appendfsync === 'everysec') {
    lines.push(
      'Under everysec a SIGKILL in the middle of a background sync costs what was acknowledged during it: see docs/persistence.md.',
    );
  }
  if (cells.length === 0) lines.push('Nothing can be said: see why above.');
  if (settings.appendfsync !== undefined && appendonly !== 'yes') {
    lines.push(
      'appendfsync does nothing while appendonly is "no", as it is unless set: add --redis-config appendonly=yes.',
    );
  }
  return `\n${lines.map((line) => wrap(line, width, '')).join('\n')}`;
}

function costOf({ lost, acknowledged, times, lossWindowsMs }: Cell): string {
  const tried = `(tried ${times === 1 ? 'once' : `${times} times`})`;
  if (lost === 0) return `nothing: 0 of ${count(acknowledged)} acknowledged writes were lost ${tried}`;
  const widest = `${count(Math.max(...lossWindowsMs))} ms`;
  if (lost === acknowledged) {
    return `everything: all ${count(acknowledged)} acknowledged writes, up to ${widest} old ${tried}`;
  }
  return `the last ${widest} of writes at worst: ${count(lost)} of ${count(acknowledged)} acknowledged ones ${tried}`;
}
