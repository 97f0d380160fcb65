// A claim's evidence as phrases for people: "0 lost of 178 jobs over 11 kills", "recovery p99 1,243 ms of at most 1,500".
// It knows the grammar of the names (camel case, unit last, then the statistic, then Bound, AtMost or AtLeast) and a few
// pairs that belong together; a name that it has never seen is shown too. Pure.

import type { Cell } from '../checker/cells.ts';
import type { Fault } from '../op.ts';

/** Figures that are in the results but say nothing on a line while they are zero. */
const onlyAboveZero = new Set([
  'doneManyTimes',
  'pending',
  'inFlight',
  'deadLettered',
  'phantom',
  'unexpected',
  'indeterminate',
  'refused',
  'redeliveries',
  'staleAcks',
  'startedTwice',
]);

/** A part and its whole, said as one: "3 failed of 248 requests". */
const pairs: readonly [part: string, whole: string, noun: string, label?: string][] = [
  ['lost', 'acknowledged', 'jobs'],
  ['failed', 'requests', 'requests'],
  ['overtaken', 'ordered', 'jobs'],
  ['ignorant', 'watched', 'submissions'],
  ['sentAgain', 'intended', 'intended submissions'],
  ['refusedAcks', 'lateAcks', 'late acks', 'refused'],
  ['missing', 'expected', 'expected'],
  ['lostWrites', 'acknowledgedWrites', 'writes', 'lost'],
];

/** Where the bound of a figure has a name of its own. */
const boundNames: Readonly<Record<string, string>> = { deepest: 'cap' };
const labels: Readonly<Record<string, string>> = {
  deepest: 'deepest queue',
  gotWhileAway: 'received while away',
  efficiency: 'efficiency',
};
const faultNouns: Readonly<Record<string, string>> = {
  'worker-kill': 'kill',
  'worker-pause': 'pause',
  'worker-terminate': 'SIGTERM',
  'worker-replace': 'replacement',
  'redis-kill': 'Redis kill',
  'redis-terminate': 'Redis SIGTERM',
  'client-kill': 'cut connection',
  poison: 'poisoned worker',
  'lost-reply': 'lost answer',
  'half-open': 'silenced worker',
};

/** The phrases, the most telling first. */
export function figures(evidence: Record<string, unknown>, faults: readonly Fault[] = []): string[] {
  const rest = new Map(Object.entries(evidence));
  const phrases = overRepeats(rest);
  for (const [part, whole, noun, label] of pairs) {
    const [a, b] = [rest.get(part), rest.get(whole)];
    if (typeof a !== 'number' || typeof b !== 'number') continue;
    const over = part.startsWith('lost') ? countFaults(faults) : '';
    const bound = takeBound(rest, part);
    phrases.push(
      `${count(a)} ${label ?? labelOf(part)} of ${count(b)} ${noun}${over && ` over ${over}`}${bound === undefined ? '' : `, ${bound.way} ${count(bound.value)}`}`,
    );
    for (const name of [part, whole, ...(part === 'lost' ? ['faults', 'kills', 'restarts'] : [])])
      rest.delete(name);
    if (part === 'lost' && rest.get('doneOnce') === b) rest.delete('doneOnce');
  }
  for (const [name, value] of [...rest]) {
    if (!rest.has(name) || (boundedBy(rest, name) ?? name) !== name) continue;
    if (typeof value === 'number') {
      if (value !== 0 || !onlyAboveZero.has(name)) phrases.push(phrase(name, value, takeBound(rest, name)));
    } else if (typeof value === 'boolean') phrases.push(`${labelOf(name)}: ${value ? 'yes' : 'no'}`);
    else if (typeof value === 'string') phrases.push(`${labelOf(name)} ${value}`);
  }
  return phrases;
}

/** "11 kills", "4 Redis kills", "7 faults" when they are of several kinds; empty when there are none. */
export function countFaults(faults: readonly Fault[]): string {
  const landed = faults.filter((fault) => fault.landed);
  const kinds = new Set(landed.map(({ kind }) => kind));
  const [kind] = kinds;
  if (kind === undefined) return '';
  const noun = kinds.size > 1 ? 'fault' : (faultNouns[kind] ?? kind.replaceAll('-', ' '));
  return `${landed.length} ${noun}${landed.length === 1 ? '' : 's'}`;
}

/** "recoveryMsP99" → { label: "recovery p99", unit: "ms" } */
export function describeName(name: string): { label: string; unit: string } {
  const unit = units.find(([suffix]) => new RegExp(`${suffix}(?![a-z])`).test(name));
  const bare =
    unit === undefined || unit[0] === 'Ratio' ? name : name.replace(new RegExp(`${unit[0]}(?![a-z])`), '');
  return { label: labelOf(bare === '' ? name : bare), unit: unit?.[1] ?? '' };
}

/** Thousands separated; as many decimals as its size deserves, and two digits if it is tiny. @param beside a number that it must not look equal to */
export function count(value: number, beside?: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  const decimals = size < 10 ? 2 : size < 100 ? 1 : 0;
  const shown = value.toLocaleString('en-US', { maximumFractionDigits: decimals });
  if (beside === undefined || beside === value || count(beside) !== shown) return shown;
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

const units: readonly [suffix: string, unit: string][] = [
  ['Ms', 'ms'],
  ['Seconds', 's'],
  ['PerSecond', '/s'],
  ['Bytes', 'bytes'],
  ['Percent', '%'],
  ['Ratio', '×'],
  ['ratio', '×'],
];

function phrase(name: string, value: number, bound: Bound | undefined): string {
  const { label, unit } = describeName(name);
  const shown = count(value, bound?.value);
  const limit = bound === undefined ? '' : ` of ${bound.way} ${count(bound.value)}`;
  if (unit !== '') return `${label} ${shown} ${unit}${limit}`;
  const labelFirst = name in labels || /^(p\d+|max|min)$/i.test(label.split(' ').at(-1)!);
  return labelFirst ? `${label} ${shown}${limit}` : `${shown} ${label}${limit}`;
}

interface Bound {
  value: number;
  way: 'at most' | 'at least';
}

/** The bound of a figure; it is taken out of the rest. */
function takeBound(rest: Map<string, unknown>, name: string): Bound | undefined {
  const bound = [...rest.keys()].find(
    (candidate) => candidate !== name && boundedBy(rest, candidate) === name,
  );
  const value = bound === undefined ? undefined : rest.get(bound);
  if (bound === undefined || typeof value !== 'number') return undefined;
  rest.delete(bound);
  return { value, way: bound.endsWith('AtLeast') ? 'at least' : 'at most' };
}

/** Which figure `bound` limits, if it is a bound at all: recoveryMsBound → recoveryMsP99, lostAtMost → lost. */
function boundedBy(evidence: ReadonlyMap<string, unknown>, bound: string): string | undefined {
  for (const [name, own] of Object.entries(boundNames)) if (own === bound && evidence.has(name)) return name;
  const stem = /^(.+)(?:Bound|AtMost|AtLeast)$/.exec(bound)?.[1];
  if (stem === undefined) return undefined;
  const statistics = ['', 'P99', 'Max', 'P999', 'P95', 'P90', 'P50'];
  const found = statistics.find((statistic) => typeof evidence.get(stem + statistic) === 'number');
  return found === undefined ? undefined : stem + found;
}

/** With --repeat, loss and recovery over all repetitions come first: the rest is the worst run's. */
function overRepeats(rest: Map<string, unknown>): string[] {
  const all = rest.get('overAllRepeats') as Record<string, number> | undefined;
  if (typeof all !== 'object' || all === null) return [];
  rest.delete('overAllRepeats');
  if ('cells' in all) return overRepeatedFaults(all.cells as unknown as RepeatedCell[]);
  const { lost = 0, acknowledged = 0, faults = 0, lossRateAtMost95 = Number.NaN, recovered = 0 } = all;
  const rate = (lossRateAtMost95 * 100).toPrecision(2);
  const loss =
    `all runs: ${count(lost)} lost of ${count(acknowledged)} jobs over ${count(faults)} faults` +
    (Number.isFinite(lossRateAtMost95) ? `, so at most ${rate} % of jobs (95 % confidence)` : '');
  if (recovered === 0) return [loss];
  const [p50, p99] = [all.recoveryMsP50!, all.recoveryMsP99!].map((ms) => `${count(ms)} ms`);
  return [loss, `all runs: ${count(recovered)} recovered, p50 ${p50}, p99 ${p99}`];
}

type RepeatedCell = Cell & { lossyFaultRateAtMost95: number };

/** "all runs: SIGKILL lost 0 of 96,050 writes, 40 times, so at most 7.2 % of them lose any (95 % confidence)" */
function overRepeatedFaults(cells: readonly RepeatedCell[]): string[] {
  return cells.map(({ fault, lost, acknowledged, times, lossyFaultRateAtMost95, lossWindowsMs }) => {
    const told = `all runs: ${fault} lost ${count(lost)} of ${count(acknowledged)} writes, ${times} times`;
    return lost === 0
      ? `${told}, so at most ${(lossyFaultRateAtMost95 * 100).toPrecision(2)} % of them lose any (95 % confidence)`
      : `${told}; loss windows up to ${count(Math.max(...lossWindowsMs))} ms`;
  });
}

function labelOf(name: string): string {
  return labels[name] ?? name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
