// The faults of one experiment on a time axis: a mark for each injection, a bar until it was healed, its proof as the
// tooltip; and the same as a folded table, for those who cannot hover. Positions are percentages, so that the text keeps
// its size on a narrow screen. Pure.

import type { Fault } from '../../op.ts';
import { countFaults } from '../figures.ts';
import { html, type Markup, nothing } from './markup.ts';

const laneHeight = 20;
const axisHeight = 26;
/** Per cent of the width left free on each side, for the first and last label. */
const margin = 2.5;

export function timeline(faults: readonly Fault[], whose: string): Markup {
  if (faults.length === 0) return nothing;
  const lastMs = Math.max(...faults.map(endMs));
  const { ticks, untilS } = axis(lastMs / 1000);
  const x = (ms: number) => (margin + (ms / 1000 / untilS) * (100 - 2 * margin)).toFixed(2);
  const lanes = pack(faults, untilS * 1000);
  const axisY = lanes.length * laneHeight + 4;
  const grid = ticks.map(
    (s) =>
      html`<line class="grid" x1="${x(s * 1000)}%" x2="${x(s * 1000)}%" y1="0" y2="${axisY + 4}"/><text x="${x(s * 1000)}%" y="${axisY + 18}" text-anchor="middle">${s} s</text>`,
  );
  const marks = lanes.flatMap((lane, index) =>
    lane.map((fault) => mark(fault, index * laneHeight + laneHeight / 2, x)),
  );
  const said = countFaults(faults) || 'no fault that had an effect';
  return html`<figure class="timeline"><figcaption>Faults of the ${whose}: ${said}${spans(faults)}</figcaption>
<svg width="100%" height="${axisY + axisHeight}" role="img" aria-label="${faults.length} faults of the ${whose} over ${untilS} s"><line class="axis" x1="${x(0)}%" x2="${x(untilS * 1000)}%" y1="${axisY}" y2="${axisY}"/>${grid}
${marks}</svg>
<details><summary>every fault with its proof</summary>${faultTable(faults)}</details></figure>`;
}

function mark(fault: Fault, y: number, x: (ms: number) => string): Markup {
  const { atMs, healedAtMs, landed } = fault;
  const width = healedAtMs === null ? 0 : Number(x(healedAtMs)) - Number(x(atMs));
  const healed =
    healedAtMs === null
      ? nothing
      : html`<rect class="span" x="${x(atMs)}%" y="${y - 4}" width="${width.toFixed(2)}%" height="8" rx="4"/>`;
  return html`<g class="${landed ? 'fault' : 'fault missed'}"><title>${tooltip(fault)}</title>${healed}<circle cx="${x(atMs)}%" cy="${y}" r="6"/></g>\n`;
}

function tooltip({ kind, target, atMs, healedAtMs, landed, proof }: Fault): string {
  const healed = healedAtMs === null ? '' : `, healed at ${seconds(healedAtMs)}`;
  return `${kind} of ${target} at ${seconds(atMs)}${healed}${landed ? '' : ', without effect'}\n${proofText(proof, '\n')}`;
}

function faultTable(faults: readonly Fault[]): Markup {
  const rows = faults.map(
    ({ kind, target, atMs, healedAtMs, landed, proof }) =>
      html`<tr><td>${(atMs / 1000).toFixed(2)}</td><td>${healedAtMs === null ? '–' : (healedAtMs / 1000).toFixed(2)}</td><td class="text">${kind} ${target}${landed ? '' : ' (no effect)'}<br><code>${proofText(proof, ' · ')}</code></td></tr>\n`,
  );
  return html`<table class="faults"><thead><tr><th scope="col">at, <span class="unit">s</span></th><th scope="col">healed, <span class="unit">s</span></th><th scope="col" class="text">fault and proof</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function proofText(proof: Record<string, unknown>, between: string): string {
  return Object.entries(proof)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(between);
}

/** Faults whose bars would overlap go to lanes below each other. */
function pack(faults: readonly Fault[], untilMs: number): Fault[][] {
  const lanes: Fault[][] = [];
  for (const fault of [...faults].sort((a, b) => a.atMs - b.atMs)) {
    const gapMs = untilMs / 40;
    const lane = lanes.find((taken) => endMs(taken.at(-1)!) + gapMs < fault.atMs);
    if (lane) lane.push(fault);
    else lanes.push([fault]);
  }
  return lanes;
}

/** Ticks at round seconds, at most eight of them, the last one not before the end. */
function axis(lastS: number): { ticks: number[]; untilS: number } {
  const step =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((s) => lastS / s <= 7) ?? lastS / 7;
  const steps = Math.max(1, Math.ceil(lastS / step));
  const ticks = Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toFixed(1)));
  return { ticks, untilS: steps * step };
}

function spans(faults: readonly Fault[]): string {
  const healed = faults.flatMap(({ atMs, healedAtMs }) => (healedAtMs === null ? [] : [healedAtMs - atMs]));
  return healed.length === 0
    ? ''
    : `; the bar ends when it was healed, after ${seconds(Math.max(...healed))} at most`;
}

function endMs({ atMs, healedAtMs }: Fault): number {
  return Math.max(atMs, healedAtMs ?? atMs);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
