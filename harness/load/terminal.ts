// What a load test says at its end, as text: the table, and what a breakpoint or during-chaos adds to it. Pure but for colours,
// which the stream decides on.

import { styleText } from 'node:util';
import { number, type Paint, table } from '../../loadtests/lib/table.ts';
import { plain, wrap } from '../report/wrap.ts';
import type { Breakpoint, Step } from './breakpoint.ts';
import { type Reconciled, times } from './reconcile.ts';
import type { Component } from './resources.ts';
import type { LoadResults, LoadRun } from './results.ts';

/** How wide a terminal may be before lines get too long to read. */
const widest = 120;

export function painter(stream: NodeJS.WriteStream): Paint {
  const formats = { good: 'green', bad: 'red', dim: 'dim', bold: 'bold' } as const;
  return (what, text) => styleText(formats[what], text, { stream });
}

export function widthOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? Math.min(stream.columns ?? 80, widest) : widest;
}

/** What is loaded, with what. */
export function heading({ scenario, seed, k6, target, judge }: LoadRun, width: number, paint: Paint): string {
  const system = judge
    ? `a judge of its own: ${judge.queue}, ${judge.workers} worker${judge.workers === 1 ? '' : 's'}, Redis ${judge.redis}`
    : target;
  const facts = plain(`seed ${seed} · k6 ${k6.version} from ${k6.from} · ${system}`);
  return `${paint('bold', 'load')}: ${scenario}\n${paint('dim', wrap(facts, width - 1, '  '))}`;
}

export function report(results: LoadResults, dir: string, width: number, paint: Paint): string {
  const { summary, breakpoint, accounts, passed } = results;
  const parts = [];
  if (breakpoint) parts.push(breakpointLines(breakpoint, width, paint));
  if (summary) parts.push(table(summary, width, paint));
  if (accounts) parts.push(accountLines(accounts, width, paint));
  const missed = summary?.objectives.filter(({ met }) => met !== true).length ?? 0;
  const all = summary?.objectives.length ?? 0;
  const verdict = passed
    ? paint('good', `✔ all ${all} objectives were met`)
    : paint(
        'bad',
        summary ? `✘ ${missed} of ${all} objectives were not met` : '✘ no rate met every objective',
      );
  parts.push(`${verdict}\nstored in ${dir}\n${wrap(filesOf(results), width - 1, '  ')}`);
  return parts.join('\n\n');
}

/** One line of the search as it goes. */
export function stepLine({ rate, met, summary }: Step, paint: Paint): string {
  const p99 = (latency: { p99: number } | null) => (latency ? `${Math.round(latency.p99)} ms` : 'none');
  const missed = summary.objectives.find((one) => one.met === false);
  const figures =
    `${number(rate).padStart(7)}/s  achieved ${number(summary.achievedPerSecond).padStart(7)}/s  ` +
    `accept p99 ${p99(summary.acceptMs).padStart(8)}  verdict p99 ${p99(summary.verdictMs).padStart(8)}`;
  const why = missed ? `\n${' '.repeat(13)}missed: ${missed.says} (it was ${missed.seen})` : '';
  return met ? `${paint('good', '✔')} ${figures}` : `${paint('bad', '✘')} ${figures}${paint('dim', why)}`;
}

function breakpointLines(
  { highestMet, lowestMissed, limit, steps }: Breakpoint,
  width: number,
  paint: Paint,
): string {
  const highest =
    highestMet === null
      ? `no rate met every objective; the lowest that was tried is ${number(Math.min(...steps.map(({ rate }) => rate)))}/s`
      : `the highest rate that met every objective is ${number(highestMet)}/s`;
  const missed =
    lowestMissed === null ? 'none was missed' : `the lowest that did not is ${number(lowestMissed)}/s`;
  const lines = [paint('bold', wrap(`${highest}; ${missed}`, width - 1, '  '))];
  if (limit) lines.push(wrap(`what gave out: ${limit.says}`, width - 1, '  '));
  const at = steps.find(({ rate }) => rate === lowestMissed);
  if (at) lines.push('', ...usedLines(at).map((line) => paint('dim', line)));
  return lines.join('\n');
}

/** Who used what at that rate. */
function usedLines({ rate, resources }: Step): string[] {
  const { cores, mainThread, others, machine, queue, lagMsMost } = resources;
  const row = (name: string, ...figures: string[]) =>
    `  ${name.padEnd(16)}${figures.map((figure) => figure.padStart(12)).join('')}`;
  const used = (Object.entries(cores) as [Component, number][]).map(([component, share]) =>
    // Go runs on all threads alike: its first says nothing.
    row(component, share.toFixed(2), component === 'k6' ? '' : (mainThread[component] ?? 0).toFixed(2)),
  );
  return [
    row(`at ${number(rate)}/s`, 'cores', 'one thread'),
    ...used.map((line) => line.trimEnd()),
    ...(others === null ? [] : [row('other programs', others.toFixed(2))]),
    ...(machine === null ? [] : [row('together', machine.busyCores.toFixed(2), `of ${machine.cores}`)]),
    ...(queue
      ? [`${row('queue')}${queue.atStart} waited at first, ${queue.most} at most, ${queue.atEnd} in the end`]
      : []),
    ...(lagMsMost === null ? [] : [`${row('event loop')}the API's was late by up to ${lagMsMost} ms`]),
  ];
}

function accountLines(both: Reconciled, width: number, paint: Paint): string {
  const { accepted, doneOnce, doneManyTimes, pending, deadLettered, lost, faults } = both;
  const row = (name: string, text: string) => wrap(text, width - 1, `  ${name.padEnd(11)}`);
  const lines = [
    row(
      'accounts',
      `${accepted} accepted by the clients' account = ${doneOnce} done once + ${doneManyTimes} more than once + ${pending} open + ${deadLettered} dead letters + ${lost} lost`,
    ),
    row(
      '',
      `${both.refused} refused, of which ${both.phantom} ran; ${both.indeterminate} unknown to their clients, of which ${both.indeterminateDone} were done; ${both.unexpected} that nobody sent`,
    ),
    row(
      'seen',
      `${both.seenByWebSocket} verdicts by WebSocket, ${both.seenByGet} by GET, ${both.neverSeen} never; ${both.disagreeing} other than recorded`,
    ),
    row(
      'faults',
      `${faults.workerKills} workers killed, ${faults.landedInMidJob} of them in mid-job; Redis killed and restarted ${times(faults.redisRestarts)}; ${both.redeliveries} redeliveries`,
    ),
  ];
  for (const { id, cause } of both.lostJobs) lines.push(paint('bad', row('lost', `${id}: ${plain(cause)}`)));
  return lines.join('\n');
}

function filesOf({ breakpoint, accounts }: LoadResults): string {
  if (breakpoint) return 'results.json, junit.xml, and a directory for each step';
  const files = ['results.json', 'junit.xml', 'report.html', 'submissions.ndjson'];
  if (accounts) files.push('history.ndjson', 'ledger.ndjson');
  return files.join(', ');
}
