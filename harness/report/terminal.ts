// The run on a terminal: what runs now with its elapsed time and faults as they land, and a few lines for each finished
// claim: its figures, and what its control showed. On a pipe it writes plain, unbroken lines, no escape codes and no
// live part. What the figures mean is in figures.ts.

import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { StoredTraces } from '../checker/traces.ts';
import type { Claim } from '../claim.ts';
import type { Verdict } from '../verdict.ts';
import { figures } from './figures.ts';
import { persistenceTables, type Table } from './persistence-table.ts';
import type { ClaimResult, Reporter, Results, RunInfo } from './result.ts';
import { scalingTables } from './scaling-table.ts';
import { clip, plain, wrap, wrapPhrases } from './wrap.ts';

export interface TerminalOptions {
  stream: NodeJS.WriteStream;
  /** ms, monotonic. */
  now: () => number;
  /** The terminal cannot move its cursor, so nothing is drawn anew. */
  dumb?: boolean;
}

type Format = Parameters<typeof styleText>[0];
type Style = (format: Format, text: string) => string;

/** How wide a terminal may be before lines get too long to read. */
const widest = 120;
const indent = ' '.repeat(12);

const marks: Record<Verdict, { text: string; format: Format }> = {
  held: { text: '✔ held', format: 'green' },
  refuted: { text: '✘ refuted', format: 'red' },
  unknown: { text: '? unknown', format: 'yellow' },
  skipped: { text: '– skipped', format: 'dim' },
};

interface Arm {
  phase: string;
  /** Whether each had an effect. */
  faults: boolean[];
  last: string;
}

interface Current {
  claim: Claim;
  /** Of the run's claims, from 1. */
  number: number;
  beganMs: number;
  arms: Map<string, Arm>;
}

export function terminal({ stream, now, dumb = false }: TerminalOptions): Reporter {
  const live = stream.isTTY === true && !dumb;
  const area = live ? createLogUpdate(stream, { showCursor: true }) : undefined;
  const style: Style = (format, text) => styleText(format, text, { stream });
  const width = () => (stream.isTTY ? Math.min(stream.columns ?? 80, widest) : Number.POSITIVE_INFINITY);
  let total = 0;
  let begun = 0;
  let runBeganMs = 0;
  /** Often one; some claims run beside the next ones. */
  const running = new Map<string, Current>();
  let timer: NodeJS.Timeout | undefined;
  let section = '';

  const draw = (): void => {
    if (area === undefined || running.size === 0) return;
    const shown = [...running.values()].map((current) => {
      const elapsed = `${seconds(now() - current.beganMs)}, run ${clock(now() - runBeganMs)}`;
      // The last column stays free: some terminals break the line when it is written.
      return progress(current, `${current.number} of ${total}, ${elapsed}`, width() - 1, style);
    });
    area(`\n${shown.join('\n')}`);
  };
  const print = (text: string): void => {
    area?.clear();
    stream.write(`${text}\n`);
    draw();
  };
  const armOf = ({ id }: Claim, name: string): Arm => {
    const arms = running.get(id)?.arms;
    const arm = arms?.get(name) ?? { phase: 'waits', faults: [], last: '' };
    arms?.set(name, arm);
    return arm;
  };

  return {
    runStarted: (run, claims, from) => {
      total = claims.length;
      runBeganMs = now();
      print(heading(run, claims.length, from, width(), style));
      if (live) timer = setInterval(draw, 100).unref();
    },
    claimStarted: (claim) => {
      const number = running.get(claim.id)?.number ?? ++begun; // a repetition has that of the first
      running.set(claim.id, { claim, number, beganMs: now(), arms: new Map() });
      if (claim.section !== section) print(`\n${style('bold', claim.section)}`);
      section = claim.section;
      for (const name of ['claim', 'control']) armOf(claim, name);
      if (!live) print(`  … ${claim.id}: ${plain(claim.statement)}`);
    },
    phase: (claim, name, phase) => {
      armOf(claim, name).phase = phase;
    },
    fault: (claim, name, { step, kind, target, landed, atMs }) => {
      if (step !== 'inject') return;
      const arm = armOf(claim, name);
      arm.faults.push(landed === true);
      arm.last = plain(`${kind} ${target}${landed ? '' : ' (no effect)'}`);
      const whose = running.size > 1 ? `  in ${claim.id}` : '';
      if (!live) print(`      ${name.padEnd(8)}${seconds(atMs).padStart(7)}  ${arm.last}${whose}`);
    },
    armFinished: (claim, name) => {
      armOf(claim, name).phase = 'finished';
    },
    claimFinished: (result) => {
      running.delete(result.id);
      print(claimLines(result, width(), style));
    },
    runFinished: (results, dir) => {
      clearInterval(timer);
      area?.clear();
      area?.done();
      for (const table of [...scalingTables(results.claims), ...persistenceTables(results.claims)])
        stream.write(`\n${tableLines(table, width(), style)}\n`);
      stream.write(`\n${closing(results, dir, style)}\n`);
    },
  };
}

function heading(run: RunInfo, claims: number, from: string, width: number, style: Style): string {
  const facts = [
    `seed ${run.seed}`,
    `Redis ${run.redis.version} from ${plain(from)}`,
    `Node ${run.node}`,
    `${run.cpus} cores`,
    ...(run.queue ? [`queue ${plain(run.queue.name)} (${run.queue.contract})`] : []),
  ];
  const many = claims === 1 ? '1 claim and the control' : `${claims} claims, each with a control`;
  return `${style('bold', 'redproof')}: ${many} that must fail\n${style('dim', wrapPhrases(facts, width, '  '))}`;
}

/** What runs now: the claim, what it says, and how far its two experiments are. */
function progress({ claim, arms }: Current, where: string, width: number, style: Style): string {
  const lines = [
    `${style('cyan', '▶ running')}   ${spread(claim.id, where, width - 12, (id) => style('bold', id))}`,
    style('dim', wrap(plain(claim.statement), width, indent, 2)),
  ];
  for (const [name, { phase, faults, last }] of arms) {
    const room = Math.max(8, width - indent.length - 9 - 13 - 3 - last.length);
    const shown = faults.slice(-room);
    const hits = shown.map((landed) => style(landed ? 'red' : 'dim', landed ? '✱' : '·')).join('');
    const much = faults.length > shown.length ? '…' : '';
    lines.push(
      `${indent}${style('dim', `${name.padEnd(9)}${phase.padEnd(13)}`)}${much}${hits}  ${style('dim', clip(last, 40))}`,
    );
  }
  return lines.join('\n');
}

function claimLines(result: ClaimResult, width: number, style: Style): string {
  const { verdict, control } = result;
  const { text, format } = marks[verdict];
  const took = seconds(result.durationMs);
  const lines = [
    `${style(format, text.padEnd(11))} ${spread(result.id, took, width - 13, (id) => style('bold', id))}`,
  ];
  const add = (format: Format, what: string, label = '', mostLines?: number) =>
    lines.push(style(format, wrap(plain(what), width - 1, label.padStart(10).padEnd(12), mostLines)));

  if (verdict !== 'held') {
    add('reset', result.statement);
    add(format, result.why);
  }
  const told = figures(result.evidence, result.faults);
  if (told.length > 0) lines.push(wrapPhrases(told.map(plain), width - 1, indent));
  if (result.repeats)
    add('reset', `${result.repeats.length} runs: ${countVerdicts(result.repeats)}; the worst is shown`);
  if (verdict === 'skipped') return lines.join('\n');
  add('dim', control.statement, 'control');
  if (control.failedAsExpected) add('dim', `broke as it must${because(control.why)}`, '', 2);
  else add('yellow', `DID NOT BREAK as it must${because(control.why)}`, '', 4);
  return lines.join('\n');
}

function closing({ run, claims, summary }: Results, dir: string, style: Style): string {
  const counts = (['held', 'refuted', 'unknown', 'skipped'] as const)
    .filter((verdict) => summary[verdict] > 0 || verdict !== 'skipped')
    .map((verdict) =>
      style(summary[verdict] > 0 ? marks[verdict].format : 'dim', `${summary[verdict]} ${verdict}`),
    )
    .join(' · ');
  const open = claims.filter(({ verdict }) => verdict === 'refuted' || verdict === 'unknown');
  const again = open.map(
    ({ id, verdict, traces }) =>
      `  ${verdict.padEnd(8)} again: npm run chaos -- --claim ${id} --seed ${run.seed}\n${story(traces, dir)}`,
  );
  return (
    `${style('bold', `${claims.length} claim${claims.length === 1 ? '' : 's'}`)}: ${counts}` +
    `   in ${run.durationMs < 60_000 ? seconds(run.durationMs) : `${clock(run.durationMs)} min`}, seed ${run.seed}\n${again.join('')}` +
    `stored in ${dir}\n  report.html, results.json, junit.xml`
  );
}

/** How to see what became of the first job that a verdict is about. */
function story(traces: StoredTraces | undefined, dir: string): string {
  const told = traces?.listed.find(({ traceId }) => traceId !== null);
  return told === undefined
    ? ''
    : `           a ${told.why} job: npm run trace -- ${told.job} --run ${dir}\n`;
}

/** Columns side by side; where that is wider than the terminal, each cell on a line of its own. */
function tableLines({ title, head, rows }: Table, width: number, style: Style): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `  ${row.map((text, column) => plain(text).padEnd(widths[column]!)).join('  ')}`.trimEnd();
  const heading = style('bold', wrap(title, width - 1, '  '));
  if ([head, ...rows].every((row) => line(row).length < width)) {
    return [heading, style('dim', line(head)), ...rows.map(line)].join('\n');
  }
  const longest = Math.max(...head.map(({ length }) => length));
  const cells = ([name = '', ...texts]: readonly string[]) => [
    `  ${plain(name)}`,
    ...texts.map((text, column) => `    ${style('dim', head[column + 1]!.padEnd(longest))}  ${plain(text)}`),
  ];
  return [heading, ...rows.flatMap(cells)].join('\n');
}

/** "rule: detail" → " (rule): detail" */
function because(why: string): string {
  const [, rule, detail] = /^([a-z0-9-]+): (.*)$/s.exec(why) ?? [];
  return rule === undefined ? `: ${why}` : ` (${rule}): ${detail}`;
}

function countVerdicts(repeats: readonly { verdict: Verdict }[]): string {
  const groups = Map.groupBy(repeats, ({ verdict }) => verdict);
  return [...groups].map(([verdict, runs]) => `${runs.length} ${verdict}`).join(', ');
}

/** Left and right on one line; on a pipe, or if they do not fit, one after the other. */
function spread(left: string, right: string, width: number, emphasize: (text: string) => string): string {
  if (!Number.isFinite(width)) return `${emphasize(left)}  ${right}`;
  const shown = clip(left, Math.max(10, width - right.length - 2));
  return `${emphasize(shown)}${' '.repeat(Math.max(2, width - shown.length - right.length))}${right}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** "1:02" */
function clock(ms: number): string {
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
