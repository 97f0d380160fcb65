// All files that are generated from this directory's code, as text. It writes nothing.

import { stringify } from 'yaml';
import { ruleGroups } from './src/alerts.ts';
import { chaos } from './src/chaos.ts';
import { delivery } from './src/delivery.ts';
import { load } from './src/load.ts';
import { overview } from './src/overview.ts';
import { queue } from './src/queue.ts';
import { redisPersistence } from './src/redis-persistence.ts';
import { workers } from './src/workers.ts';

/** In the order in which one looks at them. */
export const dashboards = [overview, queue, workers, delivery, redisPersistence, chaos, load];

export const rulesFile = 'alerts/rules.yml';

/** Paths are relative to dashboards/. The same code gives the same bytes. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = dashboards.map((dashboard): [string, string] => [
    `generated/${dashboard.uid}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]);
  return new Map([...files, [rulesFile, rulesText()]]);
}

function rulesText(): string {
  const text = stringify({ groups: ruleGroups }, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Generated from dashboards/src/alerts.ts by \`npm run dashboards\`: change it there.\n${text}`;
}
