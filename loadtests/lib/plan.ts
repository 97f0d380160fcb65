// The plan of a scenario: how many submissions a second are sent, when. An open model: they arrive by the plan, whether or not
// the answers keep up. Pure.

export interface Shape {
  name: string;
  /** Submissions a second at the peak. */
  peakPerSecond: number;
  durationMs: number;
  /** The share of the peak that the scenario begins with. @default 1 */
  from?: number;
  /** In order: which share of the duration it takes to get to which share of the peak. @default constant */
  stages?: readonly Stage[];
  /** Which submissions: the seeded mix, or every program in turn. @default mix */
  deal?: 'mix' | 'in-turn';
  /** Workers are killed and Redis restarts meanwhile. @default false */
  faults?: boolean;
}

export interface Stage {
  during: number;
  to: number;
}

export interface Plan extends Required<Shape> {
  /** All that are to be sent. */
  offered: number;
  /** Submissions that may be under way at a time. */
  clients: number;
}

/** For longer than a verdict may take. When they come later still, no client is left for the next submission, and k6 says so. */
const secondsUnderWay = 3;
const fewestClients = 20;
/** Each is a JavaScript runtime of its own, of about a megabyte. */
const mostClients = 1000;

export function planOf(shape: Shape): Plan {
  const { from = 1, stages = [{ during: 1, to: 1 }], deal = 'mix', faults = false } = shape;
  const { peakPerSecond, durationMs } = shape;
  let offered = 0;
  let share = from;
  for (const { during, to } of stages) {
    offered += ((share + to) / 2) * peakPerSecond * ((during * durationMs) / 1000);
    share = to;
  }
  const clients = Math.ceil(peakPerSecond * secondsUnderWay);
  return {
    ...shape,
    from,
    stages,
    deal,
    faults,
    offered: Math.round(offered),
    clients: Math.min(Math.max(clients, fewestClients), mostClients),
  };
}

/** @returns milliseconds. @throws {RangeError} with the text in it */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit ?? ''] ?? Number.NaN);
  if (!(ms >= 1000 && ms <= 7 * 86_400_000)) {
    throw new RangeError(`${JSON.stringify(text)} is no duration from 1 s to 168 h, such as 30s, 5m or 1h`);
  }
  return Math.round(ms);
}
