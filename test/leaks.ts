// Around the whole test run: everything that the tests start gets a TMPDIR of its own, so that afterwards it can be told
// whether a process or a temporary file of theirs is left. If one is, the run fails.

import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../harness/wait.ts';

/** What vitest itself puts there. */
const vitestOwn = /^(node-compile-cache|vitest|v8-compile-cache|[A-Za-z0-9_-]{21}$)/;

export default function setup(): () => Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-vitest-'));
  chmodSync(dir, 0o711); // one test runs as another user
  process.env.TMPDIR = dir;
  return async () => {
    const left = () => [...processesOf(dir), ...filesOf(dir)];
    const gone = await waitUntil(() => left().length === 0, {
      what: 'the last to end',
      deadlineMs: 3000,
    }).catch(() => false);
    const what = left().join('\n  ');
    rmSync(dir, { recursive: true, force: true });
    if (!gone) throw new Error(`the tests left behind:\n  ${what}`);
  };
}

function filesOf(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => !vitestOwn.test(name))
    .map((name) => join(dir, name));
}

function processesOf(dir: string): string[] {
  if (!existsSync('/proc')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const mine = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${dir}`);
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return mine && command !== '' && !command.includes('vitest') ? [`process ${pid}: ${command}`] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}
