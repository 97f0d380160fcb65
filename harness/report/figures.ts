// A claim's evidence as one line for people: its numbers, with the unit taken from the end of the name. Zeros that say
// nothing are left out; "0 lost" is never bare, it says of how many and over how many faults. Pure.

const units: readonly [RegExp, string][] = [
  [/Ms(P\d+)?$/, 'ms'],
  [/Seconds(P\d+)?$/, 's'],
];

/** Figures that are in the results but say nothing on a line unless they are above zero. */
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

export function figures(evidence: Record<string, unknown>): string {
  const parts: string[] = [];
  const { lost, acknowledged } = evidence;
  const rest = { ...evidence };
  if (typeof lost === 'number' && typeof acknowledged === 'number') {
    const faults =
      typeof evidence.faults === 'number' && evidence.faults > 0 ? ` over ${evidence.faults} faults` : '';
    parts.push(`${lost} lost of ${acknowledged}${faults}`);
    for (const name of ['lost', 'acknowledged', 'faults', 'doneOnce']) delete rest[name];
  }
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === 'number' && (value !== 0 || !onlyAboveZero.has(name)))
      parts.push(figure(name, value));
    else if (typeof value === 'string') parts.push(`${words(name)} ${value}`);
  }
  return parts.join(' · ');
}

function figure(name: string, value: number): string {
  const unit = units.find(([pattern]) => pattern.test(name));
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
  return unit ? `${words(name.replace(/Ms|Seconds/, ''))} ${shown} ${unit[1]}` : `${words(name)} ${shown}`;
}

/** "recoveryP99" → "recovery p99" */
function words(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
