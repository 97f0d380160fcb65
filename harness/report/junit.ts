// JUnit XML for CI servers: a suite a section, a case a claim. refuted = failure, unknown = error, skipped = skipped.

import type { ClaimResult, Results } from './result.ts';

export function junit({ run, claims, summary }: Results): string {
  const sections = Map.groupBy(claims, ({ section }) => section);
  const suites = [...sections].map(([section, members]) => suite(section, members)).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="redproof" tests="${claims.length}" failures="${summary.refuted}" errors="${summary.unknown}" skipped="${summary.skipped}" time="${seconds(run.durationMs)}">
${suites}</testsuites>
`;
}

function suite(section: string, claims: readonly ClaimResult[]): string {
  const count = (verdict: string) => claims.filter((claim) => claim.verdict === verdict).length;
  const timeMs = claims.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `  <testsuite name="${xml(section)}" tests="${claims.length}" failures="${count('refuted')}" errors="${count('unknown')}" skipped="${count('skipped')}" time="${seconds(timeMs)}">
${claims.map(testcase).join('')}  </testsuite>
`;
}

function testcase({ id, verdict, why, statement, durationMs }: ClaimResult): string {
  const element = { refuted: 'failure', unknown: 'error', skipped: 'skipped', held: undefined }[verdict];
  const open = `    <testcase classname="redproof" name="${xml(id)}" time="${seconds(durationMs)}"`;
  if (element === undefined) return `${open}/>\n`;
  return `${open}>\n      <${element} message="${xml(why)}">${xml(statement)}</${element}>\n    </testcase>\n`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML 1.0 has no way at all to write control characters, the two non-characters, or half a surrogate pair.
  const writable = text.toWellFormed().replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' ');
  return writable.replaceAll(/[&<>"]/g, (c) => entities[c]!);
}
