// The evidence of a claim beside that of its control, as one table: a row a figure, the unit with its name. Figures that
// are zero on both sides are named in one line below; lists (the lost jobs) follow, folded. Pure.

import { count, describeName } from '../figures.ts';
import type { ClaimResult } from '../result.ts';
import { html, type Markup, nothing } from './markup.ts';

/** So many items of a list are shown; results.json has all. */
const itemsMost = 20;

type Evidence = Record<string, unknown>;

export function evidenceTable({ evidence, control }: ClaimResult): Markup {
  const [own, other] = [flat(evidence), flat(control.evidence)];
  const names = [...new Set([...own.keys(), ...other.keys()])];
  const zeros = names.filter((name) => (own.get(name) ?? 0) === 0 && (other.get(name) ?? 0) === 0);
  const rows = names.filter((name) => !zeros.includes(name));
  return html`${rows.length === 0 ? nothing : table(rows, own, other)}
${zeros.length === 0 ? nothing : html`<p class="zeros">Zero on both sides: ${zeros.map((name) => describeName(name).label).join(', ')}.</p>`}
${lists(evidence, 'claim')}${lists(control.evidence, 'control')}`;
}

function table(names: readonly string[], own: Map<string, unknown>, other: Map<string, unknown>): Markup {
  const rows = names.map((name) => {
    const { label, unit } = describeName(name);
    const named = unit === '' ? html`${label}` : html`${label}, <span class="unit">${unit}</span>`;
    return html`<tr><th scope="row" title="${name}">${named}</th>${cell(own.get(name))}${cell(other.get(name))}</tr>\n`;
  });
  return html`<table class="evidence"><thead><tr><th scope="col">evidence</th><th scope="col">claim</th><th scope="col">control</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function cell(value: unknown): Markup {
  if (value === undefined || value === null) return html`<td class="none">–</td>`;
  if (typeof value === 'number') return html`<td>${count(value)}</td>`;
  if (typeof value === 'boolean') return html`<td>${value ? 'yes' : 'no'}</td>`;
  return html`<td class="text">${String(value)}</td>`;
}

/** Everything but lists; the figures of an object inside carry its name in front. */
function flat(evidence: Evidence, prefix = ''): Map<string, unknown> {
  const figures = new Map<string, unknown>();
  for (const [name, value] of Object.entries(evidence)) {
    if (Array.isArray(value)) continue;
    if (typeof value === 'object' && value !== null) {
      for (const inner of flat(value as Evidence, `${prefix}${name}: `)) figures.set(...inner);
    } else figures.set(prefix + name, value);
  }
  return figures;
}

function lists(evidence: Evidence, whose: string): Markup[] {
  return Object.entries(evidence).flatMap(([name, value]) => {
    if (!Array.isArray(value) || value.length === 0) return [];
    const items = value.slice(0, itemsMost).map((item) => html`<li>${itemText(item)}</li>`);
    const rest = value.length - itemsMost;
    const more = rest > 0 ? html`<li>… and ${rest} more, in results.json</li>` : nothing;
    return html`<details><summary>${whose}: ${describeName(name).label} (${value.length} listed)</summary><ul class="items">${items}${more}</ul></details>\n`;
  });
}

function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  return Object.entries(item)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}
