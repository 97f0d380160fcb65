// Where a run is kept: runs/<timestamp>-<seed>/, with runs/latest. Histories are written line by line, as they happen;
// results.json anew after every claim, so that an interrupted run shows what it had.

import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { LedgerLine } from '../services/shared/contract.ts';
import type { Event } from './op.ts';
import type { Results } from './report/result.ts';

export interface RunStore {
  readonly dir: string;
  /** @param repeat the number of the repetition, from 1; 0 when there is only one */
  claim(id: string, repeat: number): ClaimStore;
  /** Replaces a file of the run in one step. */
  write(name: string, text: string): void;
  results(results: Results): void;
}

export interface ClaimStore {
  plan(plan: unknown): void;
  arm(name: 'claim' | 'control'): ArmStore;
}

export interface ArmStore {
  readonly dir: string;
  /** The same, below the run's directory. */
  readonly path: string;
  event(event: Event): void;
  ledger(lines: readonly LedgerLine[]): void;
}

/** @throws {Error} when the directory cannot be made */
export function createStore(root: string, runId: string): RunStore {
  const dir = join(root, runId);
  mkdirSync(dir, { recursive: true });
  linkLatest(root, runId);
  const write = (name: string, text: string): void => {
    writeFileSync(join(dir, `.${name}.new`), text);
    renameSync(join(dir, `.${name}.new`), join(dir, name));
  };
  return {
    dir,
    write,
    results: (results) => write('results.json', `${JSON.stringify(results, null, 2)}\n`),
    claim: (id, repeat) => claimStore(dir, join('claims', id, ...(repeat > 0 ? [`repeat-${repeat}`] : []))),
  };
}

function claimStore(runDir: string, path: string): ClaimStore {
  const dir = join(runDir, path);
  mkdirSync(dir, { recursive: true });
  return {
    plan: (plan) => writeFileSync(join(dir, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`),
    arm: (name) => armStore(runDir, name === 'claim' ? path : join(path, 'control')),
  };
}

function armStore(runDir: string, path: string): ArmStore {
  const dir = join(runDir, path);
  mkdirSync(dir, { recursive: true });
  let fd: number | undefined = openSync(join(dir, 'history.ndjson'), 'w');
  return {
    dir,
    path,
    event: (event) => {
      if (fd !== undefined) writeSync(fd, `${JSON.stringify(event)}\n`);
    },
    ledger: (lines) => {
      writeFileSync(join(dir, 'ledger.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      // The arm is over: what a straggler still reports is not part of its history.
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
      rmSync(join(dir, 'ledger'), { recursive: true, force: true });
    },
  };
}

function linkLatest(root: string, runId: string): void {
  const link = join(root, `.latest-${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(basename(runId), link);
  renameSync(link, join(root, 'latest'));
}
