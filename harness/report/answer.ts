// The plain answer to `--redis-config`: what each end of Redis costs under somebody's own settings. Pure.

import type { Cell } from '../checker/cells.ts';
import { count } from './figures.ts';
import type { ClaimResult } from './result.ts';

const subjects = {
  SIGTERM: 'An orderly stop (SIGTERM)',
  SIGKILL: 'A SIGKILL',
  'power cut': 'A power cut',
} as const;

export function answer({ evidence, faults }: ClaimResult, settings: Record<string, string>): string {
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
  if (cells.length === 0) lines.push('Nothing can be said: see why above.');
  if (settings.appendfsync !== undefined && settings.appendonly !== 'yes') {
    lines.push(
      'appendfsync does nothing while appendonly is "no", as it is unless set: add --redis-config appendonly=yes.',
    );
  }
  return `\n${lines.join('\n')}`;
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
