// Rules about what browsers were told of their submissions. Pure.

import { type Rule, tooLittle, type Violation } from './finding.ts';
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
 * Of a submission that was still moving when it was read, or could not be read, the truth is not known.
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
    const key = `${event.process} ${told.id}`;
    const before = last.get(key);
    const rises = before === undefined || told.version > before.version;
    const repeats =
      before !== undefined && told.version === before.version && told.connection > before.connection;
    if (!rises && !repeats) disordered++;
    last.set(key, told);
  }
  const acknowledged = watched.filter(({ id }) => jobs.get(id)?.submitted === 'ok');
  const known = acknowledged.filter(({ id }) => isFinal(jobs.get(id)?.finalState));
  const ignorant = known.filter(({ browser, id }) => {
    const told = last.get(`${browser} ${id}`);
    const job = jobs.get(id);
    return told?.state !== job?.finalState || told?.verdict !== job?.verdict;
  });
  const evidence = { watched: acknowledged.length, statuses, ignorant: ignorant.length };
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
  if (violations.length > 0) return { violations, evidence };
  if (acknowledged.length === 0) return tooLittle('no browser watched an acknowledged submission', evidence);
  if (known.length < acknowledged.length) {
    const why = `of ${acknowledged.length - known.length} of ${acknowledged.length} watched submissions the true end is not known`;
    return tooLittle(why, evidence);
  }
  return { violations, evidence };
};

/** `absent` too: that it is gone is the truth, and no browser was told. */
function isFinal(state: string | undefined): boolean {
  return state === 'done' || state === 'dead' || state === 'absent';
}
