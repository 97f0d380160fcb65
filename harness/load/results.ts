// What a load test results in: the shape of results.json (schema 1), and where it is kept.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { junit } from '../../loadtests/lib/junit.ts';
import { type LoadSummary, passed } from '../../loadtests/lib/summary.ts';
import type { Breakpoint } from './breakpoint.ts';
import type { Reconciled } from './reconcile.ts';

export interface LoadResults {
  schema: 1;
  kind: 'load';
  run: LoadRun;
  /** Every objective was met; of a breakpoint: some rate met them all. */
  passed: boolean;
  /** Of a breakpoint: that of the highest rate that met the objectives; `null` if none did. */
  summary: LoadSummary | null;
  breakpoint?: Breakpoint;
  /** Of during-chaos: both accounts, joined. */
  accounts?: Reconciled;
}

export interface LoadRun {
  id: string;
  scenario: string;
  startedAt: string;
  durationMs: number;
  seed: number;
  /** null outside a git checkout. */
  commit: string | null;
  node: string;
  platform: string;
  cpus: number;
  k6: { version: string; from: string };
  target: string;
  /** What was started for the test; `null`: the target was there already. */
  judge: { queue: string; workers: number; redis: string } | null;
}

export function resultsOf(
  run: LoadRun,
  what: { summary?: LoadSummary; breakpoint?: Breakpoint; accounts?: Reconciled },
): LoadResults {
  const { breakpoint, accounts } = what;
  const best = breakpoint?.steps.find(({ rate }) => rate === breakpoint.highestMet)?.summary;
  const summary = what.summary ?? best ?? null;
  return {
    schema: 1,
    kind: 'load',
    run,
    passed: summary !== null && passed(summary),
    summary,
    ...(breakpoint === undefined ? {} : { breakpoint }),
    ...(accounts === undefined ? {} : { accounts }),
  };
}

/** k6 has written a summary and JUnit of its own; these have what the harness adds to them. */
export function keep(dir: string, results: LoadResults): void {
  writeFileSync(join(dir, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const { summary, breakpoint } = results;
  const told = summary ?? breakpoint?.steps.at(-1)?.summary;
  if (told) writeFileSync(join(dir, 'junit.xml'), junit(told));
}

export function describeRun(
  about: Pick<LoadRun, 'scenario' | 'seed' | 'k6'>,
  projectRoot: string,
): Omit<LoadRun, 'target' | 'judge'> {
  const startedAt = new Date();
  return {
    ...about,
    id: `${startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${about.seed}`,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    commit: commitOf(projectRoot),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpus: cpus().length,
  };
}

function commitOf(cwd: string): string | null {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd, stdio, encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
