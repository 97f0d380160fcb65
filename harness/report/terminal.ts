// The run on a terminal: what runs now with its elapsed time and faults as they land, and a line for each finished claim
// with its figures. On a pipe it writes plain lines, no escape codes, and no live part.

import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Claim } from '../claim.ts';
import type { Verdict } from '../verdict.ts';
import { figures } from './figures.ts';
import type { ClaimResult, Reporter, Results, RunInfo } from './result.ts';

export interface TerminalOptions {
  stream: NodeJS.WriteStream;
  /** ms, monotonic. */
  now: () => number;
}

const marks: Record<Verdict, { text: string; style: Parameters<typeof styleText>[0] }> = {
  held: { text: '✔ held   ', style: 'green' },
  refuted: { text: '✘ refuted', style: 'red' },
  unknown: { text: '? unknown', style: 'yellow' },
  skipped: { text: '– skipped', style: 'dim' },
};

interface Arm {
  phase: string;
  faults: number;
  last?: string;
}

export function terminal({ stream, now }: TerminalOptions): Reporter {
  const live = stream.isTTY === true;
  const area = live ? createLogUpdate(stream, { showCursor: true }) : undefined;
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream });
  let total = 0;
  let done = 0;
  let current: { claim: Claim; began: number; arms: Map<string, Arm> } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let section = '';

  const print = (text: string): void => {
    area?.clear();
    stream.write(`${text}\n`);
    draw();
  };

  const draw = (): void => {
    if (area === undefined || current === undefined) return;
    const seconds = ((now() - current.began) / 1000).toFixed(1);
    const lines = [
      `${style('cyan', '▶')} ${style('bold', current.claim.id)}  ${done + 1}/${total}  ${seconds} s`,
    ];
    for (const [name, { phase, faults, last }] of current.arms) {
      const hits =
        faults > 0 ? `${faults} fault${faults > 1 ? 's' : ''}${last ? `, last: ${last}` : ''}` : '';
      lines.push(style('dim', `    ${name.padEnd(8)}${phase.padEnd(12)}${hits}`));
    }
    const width = stream.columns ?? 80;
    area(lines.map((line) => clip(line, width)).join('\n'));
  };

  const armOf = (name: string): Arm => {
    const arm = current?.arms.get(name) ?? { phase: 'waits', faults: 0 };
    current?.arms.set(name, arm);
    return arm;
  };

  return {
    runStarted: (run, claims, from) => {
      total = claims.length;
      print(heading(run, claims.length, from));
      if (live) timer = setInterval(draw, 100);
    },
    claimStarted: (claim) => {
      if (claim.section !== section) print(`\n${style('bold', claim.section)}`);
      section = claim.section;
      current = { claim, began: now(), arms: new Map() };
      if (!live) print(`  … ${claim.id}`);
    },
    phase: (_claim, name, phase) => {
      armOf(name).phase = phase;
    },
    fault: (claim, name, fault) => {
      if (fault.step !== 'inject') return;
      const arm = armOf(name);
      arm.faults++;
      arm.last = `${fault.kind} of ${fault.target}${fault.landed ? '' : ' (no effect)'}`;
      if (!live) print(`    ${name === 'control' ? 'control: ' : ''}${arm.last} at ${seconds(fault.atMs)}`);
      else if (current?.claim !== claim) return;
    },
    armFinished: (_claim, name) => {
      armOf(name).phase = 'finished';
    },
    claimFinished: (result) => {
      done++;
      current = undefined;
      print(claimLines(result, style));
    },
    runFinished: (results, dir) => {
      clearInterval(timer);
      area?.clear();
      area?.done();
      stream.write(`\n${closing(results, dir, style)}\n`);
    },
  };
}

type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

function heading(run: RunInfo, count: number, from: string): string {
  return [
    `redproof: ${count} claim${count === 1 ? '' : 's'}, each with a control that must fail`,
    `  seed ${run.seed} · Redis ${run.redis.version} (${from}) · Node ${run.node} · ${run.cpus} cores`,
  ].join('\n');
}

function claimLines(result: ClaimResult, style: Style): string {
  const { text, style: format } = marks[result.verdict];
  const lines = [
    `${style(format, text)} ${style('bold', result.id)}  ${style('dim', seconds(result.durationMs))}`,
  ];
  const told = figures(result.evidence);
  if (told !== '') lines.push(`            ${told}`);
  if (result.verdict !== 'held') lines.push(`            ${style(format, result.why)}`);
  if (result.verdict === 'skipped') return lines.join('\n');
  const { control } = result;
  const mark = control.failedAsExpected
    ? 'control failed as it must'
    : style('yellow', 'CONTROL DID NOT FAIL');
  lines.push(style('dim', `  control   ${mark}: ${control.statement}`));
  lines.push(style('dim', `            ${control.why}`));
  if (result.repeats) {
    const counts = Map.groupBy(result.repeats, ({ verdict }) => verdict);
    const said = [...counts].map(([verdict, runs]) => `${verdict} ${runs.length}`).join(', ');
    lines.push(style('dim', `            ${result.repeats.length} runs: ${said}`));
  }
  return lines.join('\n');
}

function closing({ run, summary }: Results, dir: string, style: Style): string {
  const counts = (['held', 'refuted', 'unknown', 'skipped'] as const)
    .map((verdict) => {
      const text = `${summary[verdict]} ${verdict}`;
      return summary[verdict] > 0 ? style(marks[verdict].style, text) : style('dim', text);
    })
    .join(' · ');
  return `${counts}   in ${seconds(run.durationMs)}, seed ${run.seed}\nstored in ${dir}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function clip(line: string, width: number): string {
  return line.length <= width + 20 ? line : `${line.slice(0, width + 19)}…`;
}
