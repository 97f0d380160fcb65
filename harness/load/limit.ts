// Which resource gave out: from what a step used, and what it missed, to a sentence. Pure. It concludes from the samples alone,
// and says so when they show none.

import type { LoadSummary } from '../../loadtests/lib/summary.ts';
import type { Component, Resources } from './resources.ts';

export type LimitedBy = Component | 'machine' | 'others' | 'worker-slots' | 'queue-cap' | 'unknown';

export interface Limit {
  resource: LimitedBy;
  /** One sentence, with the figures that it follows from. */
  says: string;
}

/** How the system is built; `null`: it is somebody else's, and only k6 and the API's /metrics can be seen. */
export interface Capacity {
  workers: number;
  slotsEach: number;
}

/** A thread that is busy for this share of the time has a queue before it. */
const threadFull = 0.9;
const machineFull = 0.9;
const slotsFull = 0.9;

export function limitOf(used: Resources, summary: LoadSummary, capacity: Capacity | null): Limit {
  return (
    fullQueue(summary) ??
    fullThread(used) ??
    fullMachine(used) ??
    fullSlots(used, capacity) ??
    busyClients(used, summary) ??
    unknown(used, summary, capacity)
  );
}

function fullQueue({ errors, sent }: LoadSummary): Limit | undefined {
  const refused = errors['queue-full'] ?? 0;
  if (refused === 0) return undefined;
  const says = `the queue was full: ${refused} of ${sent} submissions were refused with 429; it fills because the workers do not keep up`;
  return { resource: 'queue-cap', says };
}

function fullThread({ mainThread, lagMsMost }: Resources): Limit | undefined {
  // Each of these does its work on one thread, however many cores there are.
  const single = (['api', 'subscriber', 'redis'] as const)
    .map((component) => ({ component, share: mainThread[component] ?? 0 }))
    .sort((a, b) => b.share - a.share)[0]!;
  if (single.share < threadFull) return undefined;
  const lag =
    single.component === 'api' && lagMsMost !== null ? `, its event loop late by ${lagMsMost} ms` : '';
  const says = `${names[single.component]}: its one thread was busy for ${percent(single.share)} of the time${lag}`;
  return { resource: single.component, says };
}

function fullMachine({ machine, cores, others }: Resources): Limit | undefined {
  if (machine === null || machine.busyCores < machine.cores * machineFull) return undefined;
  const shares = Object.entries(cores) as [Component, number][];
  const [top] = shares.toSorted((a, b) => b[1] - a[1]);
  const all = `${machine.busyCores} of the machine's ${machine.cores} cores were in use`;
  if (others !== null && others > (top?.[1] ?? 0)) {
    return {
      resource: 'others',
      says: `other programs on this machine: ${all}, ${others} of them by neither judge nor k6`,
    };
  }
  if (top?.[0] === 'k6') {
    const says = `k6 itself: ${all}, ${top[1]} of them by the load generator; run it on another machine with --target`;
    return { resource: 'k6', says };
  }
  const each = shares.map(([component, used]) => `${component} ${used}`).join(', ');
  return {
    resource: 'machine',
    says: `the processor: ${all} (${each}${others ? `, others ${others}` : ''})`,
  };
}

function fullSlots({ queue, machine }: Resources, capacity: Capacity | null): Limit | undefined {
  if (queue === null || capacity === null) return undefined;
  const slots = capacity.workers * capacity.slotsEach;
  if (queue.runningMean < slots * slotsFull || queue.most === 0) return undefined;
  const free = machine ? `while only ${machine.busyCores} of ${machine.cores} cores were in use` : '';
  const says =
    `the workers: ${queue.runningMean} of their ${slots} slots were taken on average, and up to ${queue.most} ` +
    `submissions waited ${free}; give it more --workers`;
  return { resource: 'worker-slots', says };
}

/** Nothing is full, and yet k6 could not send: its clients wait for verdicts that are slow, or it is late itself. */
function busyClients(
  { cores }: Resources,
  { dropped, offered, sent, verdictMs }: LoadSummary,
): Limit | undefined {
  if (dropped > 0) {
    const slow = verdictMs === null ? 'none came' : `their p50 was ${verdictMs.p50} ms`;
    const says = `k6 itself: all its clients were waiting for verdicts (${slow}), so ${dropped} submissions were dropped`;
    return { resource: 'k6', says };
  }
  if (sent < offered * 0.99) {
    const says = `k6 itself: it sent ${sent} of ${offered} submissions, using ${cores.k6 ?? 'an unknown share of'} cores; it was late`;
    return { resource: 'k6', says };
  }
  return undefined;
}

function unknown(used: Resources, { objectives }: LoadSummary, capacity: Capacity | null): Limit {
  const first = objectives.find(({ met }) => met === false);
  const what = first ? `missed: ${first.says} (it was ${first.seen})` : 'nothing was missed';
  const why =
    capacity === null
      ? 'the processes of a --target cannot be seen from here'
      : `no resource that was sampled was full (${Object.entries(used.cores)
          .map(([component, cores]) => `${component} ${cores}`)
          .join(', ')} cores)`;
  return { resource: 'unknown', says: `not known: ${why}; ${what}` };
}

const names: Record<'api' | 'subscriber' | 'redis', string> = {
  api: 'the API',
  subscriber: 'the subscriber',
  redis: 'Redis',
};

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
