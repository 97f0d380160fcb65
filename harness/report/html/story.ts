// The lost, duplicated and redelivered jobs of an experiment on the page: how many, and of the first ones the story, as a folded
// table with a bar for each span. Pure.

import { type JobTrace, reasons, type StoredTraces } from '../../checker/traces.ts';
import { count } from '../figures.ts';
import type { Story, StoryRow } from '../story.ts';
import { command, html, type Markup, nothing, phrases } from './markup.ts';

/** By the directory of the arm and the trace. */
export type Stories = ReadonlyMap<string, Story>;

export function storyKey(dir: string, traceId: string): string {
  return `${dir}#${traceId}`;
}

const marks: Record<StoryRow['kind'], string> = { span: '', tombstone: '† ', fault: '✱ ' };

export function storiesPart(traces: StoredTraces | undefined, whose: string, stories: Stories): Markup {
  if (traces === undefined || traces.listed.length === 0) return nothing;
  const told = traces.listed.flatMap((listed) => {
    const story = stories.get(storyKey(traces.dir, listed.traceId ?? ''));
    return story === undefined ? [] : [storyOfJob(listed, story)];
  });
  const { jobs, listed } = traces;
  const counts = reasons.filter((why) => jobs[why] > 0).map((why) => `${count(jobs[why])} ${why}`);
  const rest = html`<p class="zeros">Of any other that results.json names: ${command(`npm run trace -- ${listed.at(-1)!.job}`)}</p>`;
  return html`<section class="stories"><p><span class="what">Jobs of the ${whose} with a story:</span> ${counts.join(', ')}</p>
${told}${told.length < listed.length ? rest : nothing}</section>`;
}

function storyOfJob({ job, why }: JobTrace, { trace, rows, redisCommands }: Story): Markup {
  // A fault may last far longer than what it did to one job.
  const spans = rows.filter(({ kind }) => kind !== 'fault');
  const fromMs = Math.min(...spans.map(({ atMs }) => atMs));
  const untilMs = Math.max(...spans.map(({ atMs, durationMs }) => atMs + (durationMs ?? 0)));
  const body = rows.map((row) => line(row, fromMs, Math.max(1, untilMs - fromMs)));
  const hidden = redisCommands === 0 ? '' : ` · Redis commands not shown: ${count(redisCommands)}`;
  return html`<details class="story"><summary>${why}: <code>${job}</code>, from ${seconds(fromMs)} to ${seconds(untilMs)} s</summary>
<p class="zeros">trace <code>${trace}</code>${hidden} · † an attempt given up as lost, told by who took the job over · ✱ a fault</p>
<table class="faults"><thead><tr><th scope="col">at, <span class="unit">s</span></th><th scope="col">took, <span class="unit">ms</span></th><th scope="col" class="who">where</th><th scope="col" class="text">span</th><th scope="col" class="when"></th></tr></thead><tbody>${body}</tbody></table></details>
`;
}

function line(row: StoryRow, fromMs: number, lengthMs: number): Markup {
  const { kind, atMs, durationMs, depth, who, what, details, failed } = row;
  const took = durationMs === null ? '–' : milliseconds(durationMs);
  const x = Math.max(0, Math.min(99, ((atMs - fromMs) / lengthMs) * 100));
  const width = Math.min(100 - x, ((durationMs ?? 0) / lengthMs) * 100);
  const more = details.length === 0 ? nothing : html` <span class="unit">${phrases(details)}</span>`;
  return html`<tr class="${kind}${failed ? ' failed' : ''}"><td>${seconds(atMs)}</td><td>${took}</td><td class="who">${who}</td><td class="text" style="padding-left:${16 + depth * 14}px">${marks[kind]}${what}${more}</td><td class="when"><svg width="100%" height="10" aria-hidden="true"><rect x="${x.toFixed(2)}%" y="2" width="${width.toFixed(2)}%" height="6" rx="2"/><rect x="${x.toFixed(2)}%" y="2" width="2" height="6"/></svg></td></tr>
`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : count(Math.round(ms));
}
