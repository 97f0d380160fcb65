// Throughput by number of workers: the measured points of the claim and of its control, the curves that were fitted to them,
// and what it would be if every worker did what one does alone. Across, positions are percentages, so that the text keeps its
// size on a narrow screen; only the curves are stretched. Pure.

import { throughputAt } from '../../checker/usl.ts';
import { count } from '../figures.ts';
import type { ClaimResult } from '../result.ts';
import { describeUsl, type Scalability, scalabilityOf } from '../scaling-table.ts';
import { html, type Markup, nothing } from './markup.ts';

const height = 240;
const axisHeight = 40;
/** Per cent of the width left free on each side, for the first and last label. */
const margin = 4;
/** Of the width: labels nearer to each other than that would run together on a phone. */
const labelsApart = 0.05;
const curveSteps = 60;

interface Scale {
  mostWorkers: number;
  mostPerSecond: number;
  /** Numbers of workers that get a label, and rates that get a line. */
  counts: readonly number[];
  rates: readonly number[];
}

export function scalabilityPlot({ evidence, control }: ClaimResult): Markup {
  const arms = [
    { name: 'claim', shown: scalabilityOf(evidence) },
    { name: 'control', shown: scalabilityOf(control.evidence) },
  ].flatMap(({ name, shown }) => (shown === undefined ? [] : [{ name, shown }]));
  if (arms.length === 0) return nothing;
  const scale = scaleOf(arms.map(({ shown }) => shown));
  const legend = arms.map(
    ({ name, shown: { points, usl } }) =>
      html`<p class="series of-${name}"><b>${name}</b>: ${describeUsl(usl, points)}; fits within ${count(usl.fitErrorPercentMax)} %</p>`,
  );
  return html`<figure class="plot"><figcaption>Jobs per second by number of workers. Points: measured. Lines: the Universal Scalability Law fitted, λn / (1 + σ(n − 1) + κn(n − 1)). Dashed: if every worker did what one does alone.${legend}</figcaption>
<svg width="100%" height="${height + axisHeight}" role="img" aria-label="${arms.map(({ name, shown }) => `${name}: ${said(shown)}`).join('; ')}">${axes(scale)}
<svg x="${margin}%" width="${100 - 2 * margin}%" height="${height}" viewBox="0 0 1000 1000" preserveAspectRatio="none">${arms.map(({ name, shown }) => curves(name, shown, scale))}</svg>
${arms.flatMap(({ name, shown }) => marks(name, shown, scale))}</svg></figure>
`;
}

function said({ points }: Scalability): string {
  return points
    .map(({ workers, jobsPerSecond }) => `${count(jobsPerSecond)} jobs/s with ${workers}`)
    .join(', ');
}

function scaleOf(all: readonly Scalability[]): Scale {
  const points = all.flatMap(({ points }) => points);
  const mostWorkers = Math.max(...points.map(({ workers }) => workers));
  const highest = Math.max(
    ...points.map(({ jobsPerSecond }) => jobsPerSecond),
    ...all.map(({ usl }) => usl.lambda * mostWorkers),
  );
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [0.2, 0.5, 1, 2].map((factor) => factor * power).find((size) => highest / size <= 5) ?? power;
  const rates = Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
  const counts: number[] = [];
  for (const { workers } of points.toSorted((a, b) => b.workers - a.workers)) {
    const next = counts.at(-1);
    if (next === undefined || next - workers >= mostWorkers * labelsApart) counts.push(workers);
  }
  return { mostWorkers, mostPerSecond: rates.at(-1)!, counts, rates };
}

const across = (workers: number, { mostWorkers }: Scale) =>
  (margin + (workers / mostWorkers) * (100 - 2 * margin)).toFixed(2);
const down = (perSecond: number, { mostPerSecond }: Scale) =>
  ((1 - perSecond / mostPerSecond) * height).toFixed(1);

function axes(scale: Scale): Markup {
  const levels = scale.rates.map((rate) => {
    const y = down(rate, scale);
    const line = html`<line class="${rate === 0 ? 'axis' : 'grid'}" x1="${margin}%" x2="${100 - margin}%" y1="${y}" y2="${y}"/>`;
    return rate === 0 ? line : html`${line}<text x="${margin}%" y="${Number(y) - 4}">${count(rate)}</text>`;
  });
  const counts = scale.counts.map(
    (workers) =>
      html`<text x="${across(workers, scale)}%" y="${height + 18}" text-anchor="middle">${workers}</text>`,
  );
  return html`${levels}${counts}<text x="${100 - margin}%" y="${height + 35}" text-anchor="end">workers</text>`;
}

function curves(name: string, { points, usl }: Scalability, scale: Scale): Markup {
  const at = (workers: number, perSecond: number) =>
    `${((workers / scale.mostWorkers) * 1000).toFixed(1)} ${((1 - perSecond / scale.mostPerSecond) * 1000).toFixed(1)}`;
  const last = Math.max(...points.map(({ workers }) => workers));
  const fitted = Array.from({ length: curveSteps + 1 }, (_, index) => {
    const workers = 1 + ((last - 1) * index) / curveSteps;
    return at(workers, throughputAt(usl, workers));
  });
  const alone = points.find(({ workers }) => workers === 1)?.jobsPerSecond ?? usl.lambda;
  return html`<path class="ideal of-${name}" d="M ${at(0, 0)} L ${at(last, alone * last)}"/><path class="fitted of-${name}" d="M ${fitted.join(' L ')}"/>`;
}

function marks(name: string, { points }: Scalability, scale: Scale): Markup[] {
  return points.map(
    ({ workers, jobsPerSecond, efficiency }) =>
      html`<circle class="of-${name}" cx="${across(workers, scale)}%" cy="${down(jobsPerSecond, scale)}" r="5"><title>${name}: ${count(jobsPerSecond)} jobs/s with ${workers}, efficiency ${efficiency.toFixed(2)}</title></circle>\n`,
  );
}
