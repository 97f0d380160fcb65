// The claims as a list, for --list: by section, with ids and statements.

import type { Claim } from '../claim.ts';

export function listing(claims: readonly Claim[], json: boolean): string {
  if (json) {
    const rows = claims.map(({ id, section, statement, control, long = false }) => ({
      id,
      section,
      statement,
      control: control.statement,
      long,
    }));
    return `${JSON.stringify(rows, null, 2)}\n`;
  }
  let section = '';
  const lines: string[] = [];
  for (const claim of claims) {
    if (claim.section !== section) lines.push(...(section === '' ? [] : ['']), claim.section);
    section = claim.section;
    lines.push(
      `  ${claim.id}${claim.long ? ' (long: with --all, or by its id)' : ''}`,
      `      ${claim.statement}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
