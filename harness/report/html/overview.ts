// The top of the page: what the run says in one look, what it ran on, and a line for each claim. Pure.

import { figures } from '../figures.ts';
import { persistenceTables, type Table } from '../persistence-table.ts';
import type { ClaimResult, Results } from '../result.ts';
import { anchorOf } from './claim.ts';
import { command, html, type Markup, phrases } from './markup.ts';
import { badge, verdictBar } from './verdict.ts';

export function overview(results: Results): Markup {
  const { run, claims, summary } = results;
  const { length } = claims;
  const [verb, kind] = length === 1 ? ['claim', 'its control'] : ['claims', 'their controls'];
  const blind = claims.filter(({ control, verdict }) => verdict !== 'skipped' && !control.failedAsExpected);
  const ran = length - summary.skipped;
  const said =
    blind.length === 0
      ? `Each experiment was also run without the protection it is about, and ${ran === 1 ? 'that control' : `all ${ran} of ${kind}`} failed as ${ran === 1 ? 'it' : 'they'} must: the harness can see what it looks for.`
      : `${blind.length} of ${ran} controls did not fail as they must; what those claims showed proves nothing.`;
  return html`<header class="top"><p class="brand">redproof report</p>
<h1>${summary.held} of ${length} ${verb} held</h1>
${verdictBar(summary)}
<p class="said">${said}</p>
${facts(run)}
<p class="again">Run it again: ${command(`npm run chaos -- --seed ${run.seed}`)}</p></header>
<nav aria-label="All claims"><table class="overview"><tbody>${claims.map(row)}</tbody></table></nav>
${persistenceTables(claims).map(table)}`;
}

function table({ title, head, rows }: Table): Markup {
  const [name, ...columns] = head;
  const body = rows.map(
    ([setting, ...cells]) =>
      html`<tr><th scope="row">${setting!}</th>${cells.map((text) => html`<td>${text}</td>`)}</tr>\n`,
  );
  return html`<section class="part settings"><h2>${title}</h2>
<table class="evidence"><thead><tr><th scope="col">${name!}</th>${columns.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></section>`;
}

function facts(run: Results['run']): Markup {
  const all: [name: string, value: string][] = [
    ['run', run.id],
    ['started', run.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['took', `${(run.durationMs / 1000).toFixed(1)} s`],
    ['seed', String(run.seed)],
    ['commit', run.commit === null ? 'not a git checkout' : run.commit.slice(0, 12)],
    ['Redis', `${run.redis.version} (${run.redis.provider})`],
    ...(run.system === 'compose' ? [['services', 'containers of compose.yaml'] as [string, string]] : []),
    ...(run.queue ? [['queue', `${run.queue.name} (${run.queue.contract})`] as [string, string]] : []),
    ['Node', run.node],
    ['machine', `${run.platform}, ${run.cpus} core${run.cpus === 1 ? '' : 's'}`],
  ];
  return html`<dl class="run">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function row(result: ClaimResult): Markup {
  const { id, verdict, why, evidence, faults } = result;
  const told = verdict === 'held' ? phrases(figures(evidence, faults).slice(0, 2)) : html`${why}`;
  return html`<tr><td>${badge(verdict)}</td><td><a href="#${anchorOf(id)}">${id}</a><br><span class="told">${told}</span></td></tr>\n`;
}
