// The report of a run as one self-contained page: no script, no request, readable offline, on paper and on a phone. A pure
// function of the results. Its parts are in html/; every text is escaped by html/markup.ts.

import { claimCard } from './html/claim.ts';
import { html, Markup } from './html/markup.ts';
import { overview } from './html/overview.ts';
import type { Stories } from './html/story.ts';
import { style } from './html/style.ts';
import type { Results } from './result.ts';

/** @param stories those of jobs that the claims' traces name; of the others only their number is on the page */
export function htmlReport(results: Results, stories: Stories = new Map()): string {
  const { run, claims, summary } = results;
  const sections = [...Map.groupBy(claims, ({ section }) => section)].map(
    ([section, members]) =>
      html`<section class="part"><h2>${section}</h2>\n${members.map((claim) => claimCard(claim, run.seed, stories))}</section>\n`,
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>redproof: ${summary.held} of ${claims.length} held, seed ${run.seed}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${overview(results)}
${sections}
</main>
<footer><p><b>held</b>: no rule was broken, and the control broke as it must. <b>refuted</b>: a rule was broken. <b>unknown</b>: nothing was shown, because a fault had no effect, the control did not fail, there was too little data, or a checker threw. <b>skipped</b>: the machine lacks what it needs.</p>
<p>Times count from the beginning of each experiment. All figures, histories and logs are in the run's directory, beside this page.</p></footer>
</body>
</html>
`;
  return page.text;
}
