// The tables of a run for a page of the docs: with the day, versions and seed that they come from. Pure.

import { persistenceTables, type Table } from './persistence-table.ts';
import type { Results } from './result.ts';

/** @throws {RangeError} if the run holds nothing for them */
export function measuredTables({ run, claims }: Results): string {
  const tables = persistenceTables(claims);
  if (tables.length === 0) throw new RangeError(`run ${run.id} holds no persistence claim`);
  const repeats = Math.max(1, ...claims.map(({ repeats }) => repeats?.length ?? 1));
  const machine = `${run.platform}, ${run.cpus} cores`;
  const from = `Measured on ${run.startedAt.slice(0, 10)}: Redis ${run.redis.version}, Node ${run.node}, ${machine}, seed ${run.seed}${repeats > 1 ? ` and the ${repeats - 1} after it` : ''}, commit ${run.commit?.slice(0, 12) ?? 'unknown'}.`;
  return [from, ...tables.map(markdown)].join('\n\n');
}

function markdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`**${title}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
