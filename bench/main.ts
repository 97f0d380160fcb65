// npm run bench [-- --only <name>]: runs the benches, prints a table for each, and keeps the figures in
// runs/bench-<timestamp>.json. A bench is a file beside this one and a line in `benches`.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';
import { accept } from './accept.ts';
import type { Bench, Row } from './bench.ts';
import { checker } from './checker.ts';
import { memory } from './memory.ts';
import { overhead } from './overhead.ts';
import { queues } from './queues.ts';

const benches: readonly Bench[] = [queues, accept, overhead, memory, checker];
const root = join(import.meta.dirname, '..');
const barWidth = 40;
const usage = 64;

process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = choose();
  if (typeof chosen === 'string') {
    console.error(chosen);
    return usage;
  }
  const say = (line: string) => console.log(`  ${line}`);
  const redis = await provideRedis({ root, env: process.env, say });
  const deadMan = await startDeadMan();
  const temporaryDir = mkdtempSync(join(tmpdir(), 'redproof-'));
  deadMan.registerDirectory(temporaryDir);
  const results = [];
  try {
    for (const { name, what, bars, run } of chosen) {
      console.log(`${name}: ${what}`);
      const began = performance.now();
      const rows = await run({ redis, deadMan, temporaryDir, say });
      const durationMs = Math.round(performance.now() - began);
      console.log(`${table(rows, bars)}\n`);
      results.push({ name, what, durationMs, rows });
    }
  } finally {
    await deadMan.dismiss();
    rmSync(temporaryDir, { recursive: true, force: true });
  }
  console.log(`stored in ${store(results, redis.version)}`);
  return 0;
}

/** The benches to run, or what is wrong with the flags. */
function choose(): readonly Bench[] | string {
  const names = benches.map(({ name }) => name).join(', ');
  try {
    const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
    const chosen = benches.filter(({ name }) => only === undefined || name === only);
    return chosen.length > 0 ? chosen : `--only ${JSON.stringify(only)} is no bench; there are: ${names}`;
  } catch (error) {
    return `${(error as Error).message.split('\n')[0]}\nusage: npm run bench [-- --only <name>], where <name> is one of: ${names}`;
  }
}

function table(rows: readonly Row[], bars: string | undefined): string {
  const columns = Object.keys(rows[0] ?? {});
  const said = (value: number | string) =>
    typeof value === 'number' ? value.toLocaleString('en-US') : value;
  const cells = [columns, ...rows.map((row) => columns.map((name) => said(row[name]!)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  const longest = bars === undefined ? 0 : Math.max(...rows.map((row) => Number(row[bars])));
  return cells
    .map((line, index) => {
      const row = rows[index - 1];
      const bar = row && bars ? '█'.repeat(Math.round((Number(row[bars]) / longest) * barWidth)) : '';
      return `  ${line.map((cell, column) => cell.padStart(widths[column]!)).join('   ')}   ${bar}`.trimEnd();
    })
    .join('\n');
}

function store(benches: unknown, redis: string): string {
  const startedAt = new Date();
  const dir = join(root, 'runs');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `bench-${startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.json`);
  const [cpu] = cpus();
  const machine = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpus: cpus().length,
    cpu: cpu?.model ?? 'unknown',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    redis,
  };
  const described = {
    schema: 1,
    startedAt: startedAt.toISOString(),
    commit: commitOf(root),
    ...machine,
    benches,
  };
  writeFileSync(file, `${JSON.stringify(described, null, 2)}\n`);
  return file;
}

/** null outside a git checkout. */
function commitOf(cwd: string): string | null {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd, stdio, encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
