// The table of a run, as text. Pure; k6 prints it when it runs alone, the harness otherwise.

import type { Latency, LoadSummary } from './summary.ts';

/** How parts are emphasised; the harness colours them, k6 leaves them plain. */
export type Paint = (what: 'good' | 'bad' | 'dim' | 'bold', text: string) => string;

const plain: Paint = (_, text) => text;
const label = (text: string) => `  ${text.padEnd(11)}`;

/** @param width of the terminal. @param paint how parts are emphasised */
export function table(summary: LoadSummary, width: number, paint: Paint = plain): string {
  const { scenario, target, seed, durationMs, offered, accepted, rateMet, verdicts } = summary;
  const head = `${paint('bold', scenario)}  ${target}, seed ${seed}, ${durationMs / 1000} s`;
  const rate =
    `offered ${number(summary.offeredPerSecond)}/s` +
    (summary.peakPerSecond > summary.offeredPerSecond * 1.01
      ? ` (peak ${number(summary.peakPerSecond)}/s)`
      : '') +
    `, achieved ${number(summary.achievedPerSecond)}/s`;
  const lines = [
    head,
    '',
    `${label('rate')}${rate}`,
    `${label('')}${number(accepted)} of ${number(offered)} submissions accepted, ${number(summary.dropped)} dropped`,
    '',
    ...(rateMet ? [] : [...unmet(summary, width).map((line) => paint('bad', line)), '']),
    paint('dim', `${label('')}${['p50', 'p95', 'p99', 'max'].map((name) => name.padStart(12)).join('')}`),
    `${label('accept')}${latencies(summary.acceptMs, rateMet)}`,
    `${label('verdict')}${latencies(summary.verdictMs, rateMet)}`,
    '',
    `${label('verdicts')}${number(verdicts.seen)} seen: ${number(verdicts.byWebSocket)} by WebSocket, ${number(verdicts.byGet)} by GET; ${number(verdicts.wrong)} wrong`,
    `${label('errors')}${errorsOf(summary)}`,
    '',
    ...summary.objectives.map(({ says, met, seen }) => objective(says, met, seen, paint)),
  ];
  return lines.join('\n');
}

/** Loud: whoever reads on must know what the figures are worth. */
function unmet(summary: LoadSummary, width: number): string[] {
  const { dropped, offered, sent } = summary;
  const missing = dropped > 0 ? `${number(dropped)} dropped` : `${number(offered - sent)} never sent`;
  const said =
    `THE RATE WAS NOT MET: offered ${number(summary.offeredPerSecond)}/s, achieved ` +
    `${number(summary.achievedPerSecond)}/s, ${missing}: the latency below is not to be believed`;
  return folded(said, Math.max(30, width - 4)).map((line) => `  ${line}`);
}

/** In parentheses when they are those of another load than the one that was asked for. */
function latencies(latency: Latency | null, rateMet: boolean): string {
  if (latency === null) return 'none'.padStart(12);
  return [latency.p50, latency.p95, latency.p99, latency.max]
    .map((ms) => `${ms < 100 ? ms.toFixed(1) : number(Math.round(ms))} ms`)
    .map((text) => (rateMet ? text : `(${text})`).padStart(12))
    .join('');
}

function errorsOf({ errors }: LoadSummary): string {
  const all = Object.entries(errors).map(([kind, times]) => `${number(times)} ${kind}`);
  return all.length === 0 ? 'none' : all.join(', ');
}

function objective(says: string, met: boolean | null, seen: string, paint: Paint): string {
  if (met === null) return paint('dim', `  –  ${says.padEnd(38)} not judged: the rate was not met`);
  return met
    ? `  ${paint('good', '✔')}  ${says.padEnd(38)} ${seen}`
    : paint('bad', `  ✘  ${says.padEnd(38)} ${seen}`);
}

/** 12000 → "12,000"; at most one digit after the point. */
export function number(value: number): string {
  const [whole, part] = String(Math.round(value * 10) / 10).split('.');
  return whole!.replaceAll(/\B(?=(\d{3})+$)/g, ',') + (part === undefined ? '' : `.${part}`);
}

function folded(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
