// Rules about what a fault did and how the system came back from it. Pure.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import { faultName } from './cells.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { roundMs } from './quantile.ts';
import { accountOf } from './queue-rules.ts';

export { outageIsAnError } from './outage-rules.ts';
export { poisonIsQuarantined } from './poison-rules.ts';

/** "zombie-refused": every ack that a woken worker sent for a job that had changed hands was refused by the fence. */
export const zombiesRefused: Rule = (history) => {
  const zombies = faultsOf(history.events).filter(({ kind, landed }) => kind === 'worker-pause' && landed);
  const acksOf = ({ proof }: Fault) => (proof.lateAcks ?? []) as { job: string; outcome: string }[];
  const acks = zombies.flatMap(acksOf);
  const accepted = acks.filter(({ outcome }) => outcome !== 'stale');
  const evidence = {
    zombies: zombies.length,
    lateAcks: acks.length,
    refusedAcks: acks.length - accepted.length,
  };
  if (accepted.length > 0) {
    const detail = `${accepted.length} of ${acks.length} late acks were accepted, the first for ${accepted[0]!.job}`;
    return finding('zombie-refused', detail, evidence);
  }
  if (zombies.length === 0) return tooLittle('no worker was made a zombie', evidence);
  const silent = zombies.filter((zombie) => acksOf(zombie).length === 0).length;
  if (silent > 0) return tooLittle(`${silent} of ${zombies.length} zombies sent no late ack`, evidence);
  return finding('zombie-refused', false, evidence);
};

/** "drained": every worker that got a SIGTERM ended by itself with status 0 within the grace time. */
export function drainedWithin(graceMs: number): Rule {
  return (history) => {
    const ended = faultsOf(history.events).filter(
      ({ kind }) => kind === 'worker-terminate' || kind === 'worker-kill',
    );
    if (ended.length === 0) return tooLittle('no worker was terminated', { terminated: 0 });
    const tookMs = ({ proof }: Fault) => Number(proof.exitAfterMs ?? Number.NaN);
    const bad = ended.filter((fault) => fault.proof.exitCode !== 0 || !(tookMs(fault) <= graceMs));
    const slowest = ended.reduce((most, fault) => Math.max(most, tookMs(fault) || 0), 0);
    const evidence = { terminated: ended.length, drainMsMax: roundMs(slowest) };
    const detail = `${bad.length} of ${ended.length} workers did not drain; ${bad[0]?.target}: ${JSON.stringify(bad[0]?.proof)}`;
    return finding('drained', bad.length > 0 && detail, evidence);
  };
}

/** "replaced-cleanly": every old instance exited by itself with status 0. */
export const replacedCleanly: Rule = ({ events }) => {
  const replaced = faultsOf(events).filter(({ kind }) => kind.endsWith('-replace'));
  const evidence = { replaced: replaced.length };
  if (replaced.length === 0) return tooLittle('nothing was replaced', evidence);
  const bad = replaced.filter(({ proof }) => proof.exitCode !== 0);
  const detail = `${bad.length} of ${replaced.length} instances did not exit cleanly; ${bad[0]?.target}: ${JSON.stringify(bad[0]?.proof)}`;
  return finding('replaced-cleanly', bad.length > 0 && detail, evidence);
};

/** "resumed-in-time": each time Redis was back, a job was done within `boundMs`, without a restart of any service. */
export function resumedWithin(boundMs: number): Rule {
  return (history) => {
    const restarts = faultsOf(history.events).filter(({ kind }) => faultName(kind) !== undefined);
    const known: number[] = [];
    let never = 0;
    for (const { healedAtMs } of restarts) {
      const waitMs = healedAtMs === null ? undefined : firstDoneAfter(history, healedAtMs);
      if (waitMs !== undefined) known.push(waitMs);
      // After a restart at the very end, when all was done, there was nothing left to do.
      else if (healedAtMs === null || workWasLeft(history, healedAtMs)) never++;
    }
    const resumedMs = known.reduce((most, waitMs) => Math.max(most, waitMs), 0);
    const resumedMsMax = roundMs(resumedMs);
    const evidence = { restarts: restarts.length, resumedMsMax, resumedMsBound: boundMs };
    if (never > 0) {
      const detail = `after ${never} of ${restarts.length} restarts no job was done any more`;
      return finding('resumed-in-time', detail, evidence);
    }
    if (known.length === 0) return tooLittle('no job was there to be done after a restart', evidence);
    const detail = `after a restart the first job was done only ${resumedMsMax} ms later, at most ${boundMs} ms`;
    return finding('resumed-in-time', !(resumedMs <= boundMs) && detail, evidence);
  };
}

/** "losses-are-recent": each job that was lost had been acknowledged within that time before an end of Redis. */
export function lossesAreRecent(boundMs: number): Rule {
  return (history) => {
    const ends = faultsOf(history.events).filter(({ kind }) => faultName(kind) !== undefined);
    if (ends.length === 0) return tooLittle('Redis was never ended');
    const ages = accountOf(history).categories.lost.map(({ id, acknowledgedAtMs = Number.NaN }) => ({
      id,
      // A reply that was on its way when Redis ended comes after that.
      ageMs: ends.reduce((least, { atMs }) => {
        const ageMs = atMs - acknowledgedAtMs;
        return ageMs > -replyOnItsWayMs && ageMs < least ? ageMs : least;
      }, Number.POSITIVE_INFINITY),
    }));
    const old = ages.filter(({ ageMs }) => !(ageMs <= boundMs));
    const oldestMs = ages.reduce((most, { ageMs }) => Math.max(most, ageMs), 0);
    const evidence = ages.length === 0 ? {} : { lostAgeMsMax: roundMs(oldestMs), lostAgeMsBound: boundMs };
    const detail = `${old.length} of ${ages.length} lost jobs had been acknowledged more than ${boundMs} ms before Redis ended, the first ${old[0]?.id}`;
    return finding('losses-are-recent', old.length > 0 && detail, evidence);
  };
}

const replyOnItsWayMs = 250;

function firstDoneAfter({ ledger }: History, moment: number): number | undefined {
  const done = ledger.find(
    ({ event, outcome, atMs }) => event === 'acked' && outcome !== 'stale' && atMs > moment,
  );
  return done && done.atMs - moment;
}

/** Whether a job was sent after that moment, or an acknowledged one has no result to this day. */
function workWasLeft(history: History, moment: number): boolean {
  const { jobs } = accountOf(history);
  return [...jobs.values()].some(({ submitted, invokedAtMs, acceptedAcks, finalState }) => {
    if (invokedAtMs !== undefined && invokedAtMs > moment) return true;
    return submitted === 'ok' && acceptedAcks === 0 && finalState !== 'done' && finalState !== 'dead';
  });
}
