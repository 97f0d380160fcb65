// The page's style sheet: light and dark by the reader's setting, one column that fits 400 px, and print.

export const style = `
:root {
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f27; --soft: #5b6472; --line: #e1e5eb; --tint: #f1f3f6;
  --held: #17803d; --held-tint: #e3f5e9; --refuted: #c02626; --refuted-tint: #fde8e8;
  --unknown: #96640a; --unknown-tint: #fdf1d7; --skipped: #5b6472; --skipped-tint: #eceff3;
  --fault: #c8381f; --span: #f0a493; --link: #1d5fbf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151a; --card: #1a1e25; --ink: #e7eaef; --soft: #9ba5b4; --line: #2c333d; --tint: #21262f;
    --held: #5fd38a; --held-tint: #16321f; --refuted: #ff8b85; --refuted-tint: #401c1c;
    --unknown: #f0c062; --unknown-tint: #3a2e12; --skipped: #9ba5b4; --skipped-tint: #262c35;
    --fault: #ff7a5c; --span: #7c3c2d; --link: #86b7ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
main, footer { max-width: 900px; margin: 0 auto; padding: 0 20px; }
h1, h2, h3, h4, p, dl, ul, figure { margin: 0; }
code { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
b { font-weight: 650; }

.top { padding: 40px 0 8px; }
.brand { color: var(--soft); letter-spacing: 0.02em; }
h1 { font-size: 34px; line-height: 1.2; letter-spacing: -0.02em; margin: 2px 0 18px; }
.bar { display: flex; gap: 3px; height: 12px; }
.bar span { background: var(--skipped); border-radius: 3px; }
.bar .held { background: var(--held); } .bar .refuted { background: var(--refuted); } .bar .unknown { background: var(--unknown); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 20px; padding: 8px 0 0; list-style: none; }
.legend .held b { color: var(--held); } .legend .refuted b { color: var(--refuted); } .legend .unknown b { color: var(--unknown); }
.legend .zero { color: var(--soft); }
.said { margin: 14px 0 20px; max-width: 68ch; }
.run { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px 20px; padding: 14px 0; border: solid var(--line); border-width: 1px 0; }
.run dt { color: var(--soft); font-size: 13px; }
.run dd { margin: 0; }
.again { margin-top: 14px; color: var(--soft); font-size: 14px; }
.again code { color: var(--ink); background: var(--tint); padding: 2px 6px; border-radius: 4px; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.command span { white-space: nowrap; }

table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: inherit; text-align: left; }
.overview { width: 100%; margin: 20px 0 8px; }
.overview td { padding: 8px 0; vertical-align: top; border-top: 1px solid var(--line); }
.overview tr:first-child td { border-top: 0; }
.overview td:first-child { width: 104px; padding-right: 14px; }
.told { color: var(--soft); font-size: 14px; }

.badge { display: inline-block; white-space: nowrap; padding: 1px 9px; border-radius: 99px; font-size: 13px; font-weight: 600; color: var(--skipped); background: var(--skipped-tint); }
.badge.held, .badge.expected { color: var(--held); background: var(--held-tint); }
.badge.refuted { color: var(--refuted); background: var(--refuted-tint); }
.badge.unknown, .badge.unexpected { color: var(--unknown); background: var(--unknown-tint); }

h2 { font-size: 20px; line-height: 1.3; letter-spacing: -0.01em; margin: 44px 0 14px; }
.claim { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin-bottom: 18px; scroll-margin-top: 12px; }
.claim.refuted { border-color: var(--refuted); } .claim.unknown { border-color: var(--unknown); }
.claim header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 10px; }
h3 { font-size: 16px; font-weight: 650; }
h4 { font-size: 15px; font-weight: 600; }
.facts { margin-left: auto; color: var(--soft); font-size: 13px; white-space: nowrap; }
.statement { margin: 10px 0 4px; font-size: 16px; max-width: 68ch; }
.why { max-width: 78ch; }
.what { color: var(--soft); }
.claim.refuted > .why, .claim.unknown > .why { font-weight: 600; }
.claim > .told { margin-top: 6px; color: var(--ink); font-size: 15px; }
.phrase { display: inline-block; }

.evidence { margin: 16px 0 0; width: 100%; max-width: 620px; font-size: 14px; }
.evidence th, .evidence td, .faults th, .faults td { padding: 4px 0 4px 16px; border-top: 1px solid var(--line); vertical-align: top; }
.evidence thead th, .faults thead th { border-top: 0; color: var(--soft); font-size: 13px; }
.evidence th:first-child, .faults th:first-child, .faults td:first-child { padding-left: 0; }
.evidence td, .evidence thead th + th { text-align: right; width: 7.5em; }
.faults td, .faults th { text-align: right; white-space: nowrap; }
.faults .text { text-align: left; white-space: pre-line; width: 100%; }
.settings { overflow-x: auto; overflow-wrap: normal; }
.settings .evidence { max-width: none; }
.settings .evidence th + th, .settings .evidence td { text-align: left; width: auto; }
.evidence td.text { text-align: left; width: auto; }
.faults code { color: var(--soft); }
.unit, .none { color: var(--soft); }
.zeros { margin-top: 8px; color: var(--soft); font-size: 13px; max-width: 78ch; }
details { margin-top: 8px; font-size: 14px; }
summary { cursor: pointer; color: var(--link); }
details table { margin-top: 6px; }
.items { padding: 6px 0 0 18px; font-size: 13px; color: var(--soft); }

.timeline { margin-top: 18px; }
.timeline figcaption { color: var(--soft); font-size: 13px; margin-bottom: 6px; }
.timeline svg { display: block; overflow: visible; }
.timeline text { fill: var(--soft); font-size: 12px; }
.timeline .axis { stroke: var(--soft); } .timeline .grid { stroke: var(--line); }
.fault circle { fill: var(--fault); stroke: var(--card); stroke-width: 2; }
.fault .span { fill: var(--span); }
.fault.missed circle { fill: var(--card); stroke: var(--soft); }
.fault:hover circle { stroke: var(--ink); }

.stories { margin-top: 16px; font-size: 14px; }
.story .faults { width: 100%; }
.story .faults .who { text-align: left; white-space: nowrap; }
.story .faults .text { width: auto; white-space: normal; overflow-wrap: anywhere; }
.story .faults .when { width: 25%; min-width: 90px; padding-right: 0; }
.story .when svg { display: block; margin-top: 6px; }
.story rect { fill: var(--link); }
.story .tombstone rect, .story .failed rect { fill: var(--refuted); } .story .fault rect { fill: var(--fault); }
.story .tombstone .text, .story .failed .text { color: var(--refuted); } .story .fault .text { color: var(--fault); }

.plot { margin-top: 18px; }
.plot figcaption { color: var(--soft); font-size: 13px; margin-bottom: 28px; max-width: 78ch; }
.plot svg { display: block; overflow: visible; }
.plot text { fill: var(--soft); font-size: 12px; }
.plot .axis { stroke: var(--soft); } .plot .grid { stroke: var(--line); }
.plot path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2; }
.plot .ideal { stroke-width: 1; stroke-dasharray: 4 4; opacity: 0.8; }
.plot path.of-claim { stroke: var(--link); } .plot path.of-control { stroke: var(--fault); }
.plot circle.of-claim { fill: var(--link); } .plot circle.of-control { fill: var(--fault); }
.plot circle { stroke: var(--card); stroke-width: 2; }
.series b::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 9px; margin-right: 6px; background: var(--link); }
.series.of-control b::before { background: var(--fault); }

.control { margin-top: 20px; padding: 14px 16px; background: var(--tint); border-radius: 8px; }
.control .why { margin-top: 6px; font-size: 14px; }
.control .told { margin-top: 4px; }
.control .fault circle { stroke: var(--tint); }
footer { padding: 8px 20px 40px; color: var(--soft); font-size: 13px; }
footer p { margin-top: 8px; max-width: 90ch; }

@media (max-width: 560px) {
  main, footer { padding-left: 14px; padding-right: 14px; }
  .top { padding-top: 24px; }
  h1 { font-size: 26px; }
  .run { grid-template-columns: repeat(2, 1fr); }
  .claim { padding: 16px 14px; }
  .story .faults .when { display: none; }
  .facts { margin-left: 0; width: 100%; }
  .evidence td, .evidence thead th + th { width: auto; }
  .overview td:first-child { width: 96px; padding-right: 8px; }
}
@media print {
  :root { --page: #fff; --card: #fff; --tint: #f6f6f6; }
  body { font-size: 11pt; }
  main, footer { max-width: none; padding: 0; }
  .claim { border-radius: 0; border-width: 1px 0 0; padding: 14px 0; }
  .claim > header, .statement, svg, tr { break-inside: avoid; }
  h2, header, figcaption, .control > .why { break-after: avoid; }
  .control { -webkit-box-decoration-break: clone; box-decoration-break: clone; }
  .badge, .bar span, .span, .series b::before, circle, .control, .again code { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  details::details-content { content-visibility: visible; height: auto; }
}
`;
