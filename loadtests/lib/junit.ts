// JUnit XML of a summary, for CI servers: a suite a scenario, a case an objective. Pure.

import type { LoadSummary } from './summary.ts';

export function junit({ scenario, durationMs, objectives }: LoadSummary): string {
  const count = (met: boolean | null) => objectives.filter((one) => one.met === met).length;
  const cases = objectives
    .map(({ says, met, seen }) => {
      const open = `    <testcase classname="load.${xml(scenario)}" name="${xml(says)}"`;
      if (met === true) return `${open}/>\n`;
      const element = met === false ? 'failure' : 'skipped';
      return `${open}>\n      <${element} message="${xml(seen)}"/>\n    </testcase>\n`;
    })
    .join('');
  const counts = `tests="${objectives.length}" failures="${count(false)}" errors="0" skipped="${count(null)}" time="${(durationMs / 1000).toFixed(3)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="load" ${counts}>
  <testsuite name="${xml(scenario)}" ${counts}>
${cases}  </testsuite>
</testsuites>
`;
}

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/[&<>"]/g, (c) => entities[c]!);
}
