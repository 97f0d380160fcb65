// One claim on the page: verdict, statement, evidence beside its control's, the faults on a time axis, the control, and
// how to run just this claim again. Pure.

import { figures } from '../figures.ts';
import type { ClaimResult } from '../result.ts';
import { evidenceTable } from './evidence.ts';
import { command, html, type Markup, nothing, phrases } from './markup.ts';
import { scalabilityPlot } from './scalability-plot.ts';
import { type Stories, storiesPart } from './story.ts';
import { timeline } from './timeline.ts';
import { badge } from './verdict.ts';

export function claimCard(result: ClaimResult, seed: number, stories: Stories): Markup {
  const { id, statement, contract, verdict, why, evidence, faults, durationMs } = result;
  const told = figures(evidence, faults);
  const facts = [
    ...(contract === undefined ? [] : [`contract: ${contract}`]),
    `${(durationMs / 1000).toFixed(1)} s`,
  ];
  return html`<article class="claim ${verdict}" id="${anchorOf(id)}">
<header>${badge(verdict)}<h3>${id}</h3><span class="facts">${facts.join(' · ')}</span></header>
<p class="statement">${statement}</p>
<p class="why"><span class="what">Why ${verdict}:</span> ${why}</p>
${told.length === 0 ? nothing : html`<p class="told">${phrases(told)}</p>`}
${repeats(result)}
${scalabilityPlot(result)}
${evidenceTable(result)}
${timeline(faults, 'claim')}
${storiesPart(result.traces, 'claim', stories)}
${verdict === 'skipped' ? nothing : controlPart(result, stories)}
<p class="again">Run just this one again: ${command(`npm run chaos -- --claim ${id} --seed ${seed}`)}</p>
</article>
`;
}

export function anchorOf(id: string): string {
  return `claim-${id.replaceAll(/[^A-Za-z0-9-]/g, '-')}`;
}

function controlPart({ control }: ClaimResult, stories: Stories): Markup {
  const { statement, failedAsExpected, why, evidence, faults, traces } = control;
  const verdict = failedAsExpected
    ? html`<span class="badge expected">failed as it must</span>`
    : html`<span class="badge unexpected">did not fail as it must</span>`;
  const told = figures(evidence, faults);
  return html`<section class="control"><header>${verdict}<h4>Control: ${statement}</h4></header>
<p class="why"><span class="what">${failedAsExpected ? 'What broke:' : 'What it showed:'}</span> ${why}</p>
${told.length === 0 ? nothing : html`<p class="told">${phrases(told)}</p>`}
${timeline(faults, 'control')}
${storiesPart(traces, 'control', stories)}</section>`;
}

function repeats({ repeats }: ClaimResult): Markup {
  if (repeats === undefined) return nothing;
  const rows = repeats.map(
    ({ seed, verdict, why }) =>
      html`<tr><td>${seed}</td><td class="text">${badge(verdict)}</td><td class="text">${why}</td></tr>\n`,
  );
  return html`<details><summary>${repeats.length} runs; the worst of them is shown</summary><table class="faults"><thead><tr><th scope="col">seed</th><th scope="col" class="text">verdict</th><th scope="col" class="text">why</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}
