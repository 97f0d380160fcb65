// Rules about what browsers were told of their submissions. Pure.

import type { Rule, Violation } from './finding.ts';
import { accountOf } from './queue-rules.ts';

interface Told {
  id: string;
  state: string;
  version: number;
  connection: number;
  verdict?: string;
}

/**
 * "client-knows": the last status that a browser got of each acknowledged submission it watches is its true final state
 * and verdict. "told-in-order": within a connection the versions of a submission rise; over connections they never fall.
 */
export const everyClientKnows: Rule = (history) => {
  const { jobs } = accountOf(history);
  const watched: { browser: number; id: string }[] = [];
  const last = new Map<string, Told>();
  let statuses = 0;
  let disordered = 0;
  for (const event of history.events) {
    if (event.type !== 'observation') continue;
    if (event.f === 'watch') watched.push({ browser: event.process, id: (event.value as { id: string }).id });
    if (event.f !== 'status') continue;
    statuses++;
    const told = event.value as Told;
    const before = last.get(`${event.process} ${told.id}`);
    const rises = before === undefined || told.version > before.version;
    const repeats =
      before !== undefined && told.version === before.version && told.connection > before.connection;
    if (!rises && !repeats) disordered++;
    last.set(`${event.process} ${told.id}`, told);
  }
  const acknowledged = watched.filter(({ id }) => jobs.get(id)?.submitted === 'ok');
  const ignorant = acknowledged.filter(({ browser, id }) => {
    const told = last.get(`${browser} ${id}`);
    const job = jobs.get(id);
    return job?.finalState === undefined || told?.state !== job.finalState || told.verdict !== job.verdict;
  });
  const violations: Violation[] = [];
  if (ignorant.length > 0) {
    const [first] = ignorant;
    const told = last.get(`${first!.browser} ${first!.id}`)?.state ?? 'nothing';
    const truth = jobs.get(first!.id)?.finalState;
    const detail = `of ${acknowledged.length} watched submissions ${ignorant.length} ended without their browser knowing; ${first!.id}: told "${told}", true "${truth}"`;
    violations.push({ rule: 'client-knows', detail });
  }
  if (disordered > 0)
    violations.push({ rule: 'told-in-order', detail: `${disordered} of ${statuses} statuses were stale` });
  const evidence = { watched: acknowledged.length, statuses, ignorant: ignorant.length };
  return { violations, evidence };
};
