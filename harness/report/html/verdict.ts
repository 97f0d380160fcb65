// Verdicts as badges, and their counts as a bar. A badge has a sign beside its colour. Pure.

import type { Verdict } from '../../verdict.ts';
import { html, type Markup } from './markup.ts';

const signs: Record<Verdict, string> = { held: '✓', refuted: '✗', unknown: '?', skipped: '–' };
const order: readonly Verdict[] = ['held', 'refuted', 'unknown', 'skipped'];

export function badge(verdict: Verdict): Markup {
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}</span>`;
}

export function verdictBar(summary: Record<Verdict, number>): Markup {
  const shown = order.filter((verdict) => summary[verdict] > 0);
  const parts = shown.map(
    (verdict) =>
      html`<span class="${verdict}" style="flex-grow:${summary[verdict]}" title="${summary[verdict]} ${verdict}"></span>`,
  );
  const legend = order.map(
    (verdict) =>
      html`<li class="${summary[verdict] > 0 ? verdict : 'zero'}"><b>${summary[verdict]}</b> ${verdict}</li>`,
  );
  return html`<div class="bar" aria-hidden="true">${parts}</div><ul class="legend">${legend}</ul>`;
}
