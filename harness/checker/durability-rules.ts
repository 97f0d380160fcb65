// The rules of the persistence claims, each a pure function from a history to a finding.

import { type Cell, type FaultName, faultName, mergeCells } from './cells.ts';
import { durabilityOf, type Round, type Write } from './durability.ts';
import { type Finding, finding, type Rule, tooLittle } from './finding.ts';
import { roundMs } from './quantile.ts';

/** A fault after fewer acknowledged writes says little. */
const writesAtLeast = 150;
/** And so does a power cut with fewer of them in its last second. */
const inLastSecondAtLeast = 20;

const nameOf = ({ fault }: Round): FaultName | undefined => faultName(fault.kind);
const of = (rounds: readonly Round[], faults: readonly FaultName[]) =>
  rounds.filter((round) => faults.length === 0 || faults.includes(nameOf(round)!));
const describeWrite = ({ writer, n }: Write) => `number ${n} of writer ${writer}`;

/** Only figures, and whether there are enough of them for a verdict. */
export const enoughWrites: Rule = (history) => {
  const { rounds, writes } = durabilityOf(history);
  const acknowledgedWrites = writes.filter(({ outcome }) => outcome === 'ok').length;
  const lostWrites = rounds.reduce((sum, { lost }) => sum + lost.length, 0);
  const evidence = { lostWrites, acknowledgedWrites };
  const few = rounds.find(({ acknowledgedSinceBack }) => acknowledgedSinceBack < writesAtLeast);
  if (rounds.length === 0) return tooLittle('no fault was followed by a look at what is left', evidence);
  if (few === undefined) return finding('enough-writes', false, evidence);
  return tooLittle(
    `only ${few.acknowledgedSinceBack} writes were acknowledged before fault ${few.index + 1}`,
    evidence,
  );
};

/** Only figures: what each kind of fault cost under this setting, as cells of the table that the report shows. */
export function costsUnder(setting: string): Rule {
  return (history) => {
    const cells = mergeCells(durabilityOf(history).rounds.flatMap((round) => cellOf(setting, round)));
    return finding('costs', false, { cells });
  };
}

function cellOf(setting: string, round: Round): Cell[] {
  const fault = nameOf(round);
  const startedOtherwise = startsOf(round).some(
    ({ started, changes }) => started && Object.keys(changes).length > 0,
  );
  // What damaged files or another setting cost is not what the fault costs under this one.
  if (fault === undefined || round.fault.proof.filesDamaged === true || startedOtherwise) return [];
  const { acknowledged, lost, lossWindowMs } = round;
  return [
    {
      setting,
      fault,
      times: 1,
      timesWithLoss: lost.length > 0 ? 1 : 0,
      timesRefused: startsOf(round).some(({ started }) => !started) ? 1 : 0,
      acknowledged: acknowledged.length,
      lost: lost.length,
      lossWindowsMs: [roundMs(lossWindowMs)],
    },
  ];
}

/** "nothing-lost": no acknowledged write was lost to faults of these kinds; to any, if none is named. */
export function keepsAll(...faults: FaultName[]): Rule {
  return (history) => {
    const rounds = of(durabilityOf(history).rounds, faults);
    if (rounds.length === 0) return tooLittle(`no ${faults.join(' or ') || 'fault'} landed`);
    const bad = rounds.filter(({ lost }) => lost.length > 0);
    const [first] = bad;
    const detail =
      first &&
      `${first.lost.length} of ${first.acknowledged.length} acknowledged writes were lost to a ${nameOf(first)} ` +
        `(loss window ${Math.round(first.lossWindowMs)} ms), the first ${describeWrite(first.lost[0]!)}; ` +
        `${bad.length} of ${rounds.length} faults lost some`;
    return finding('nothing-lost', detail ?? false);
  };
}

/** "loses-all": each fault lost every acknowledged write. */
export const losesAll: Rule = (history) => {
  const { rounds } = durabilityOf(history);
  if (rounds.length === 0) return tooLittle('no fault landed');
  const kept = rounds.find(({ lost, acknowledged }) => lost.length < acknowledged.length);
  const detail =
    kept &&
    `${kept.acknowledged.length - kept.lost.length} of ${kept.acknowledged.length} acknowledged writes survived a ${nameOf(kept)}`;
  return finding('loses-all', detail ?? false);
};

/** "loss-shows": each power cut with writes in its last second lost at least one. */
export const cutsLose: Rule = (history) => {
  const cuts = of(durabilityOf(history).rounds, ['power cut']);
  const busy = cuts.filter(({ inLastSecond }) => inLastSecond >= inLastSecondAtLeast);
  if (busy.length === 0 || busy.length < cuts.length) {
    return tooLittle(
      `${cuts.length - busy.length} of ${cuts.length} power cuts had hardly a write in their last second`,
    );
  }
  const harmless = busy.find(({ lost }) => lost.length === 0);
  const detail =
    harmless &&
    `a power cut lost none of ${harmless.acknowledged.length} writes, of which ${harmless.inLastSecond} were acknowledged in the second before`;
  return finding('loss-shows', detail ?? false);
};

/** "some-survive": after each power cut at least one acknowledged write is there. */
export const someSurvive: Rule = (history) => {
  const cuts = of(durabilityOf(history).rounds, ['power cut']);
  if (cuts.length === 0) return tooLittle('no power cut landed');
  const bare = cuts.find(({ lost, acknowledged }) => lost.length === acknowledged.length);
  const detail = bare && `a power cut left none of ${bare.acknowledged.length} acknowledged writes`;
  return finding('some-survive', detail ?? false);
};

/** "kills-lose": at least one of the SIGKILLs lost something. */
export const killsLose: Rule = (history) => {
  const kills = of(durabilityOf(history).rounds, ['SIGKILL']);
  if (kills.length === 0) return tooLittle('no SIGKILL landed');
  const lossy = kills.filter(({ lost }) => lost.length > 0).length;
  const detail = `none of ${kills.length} SIGKILLs lost an acknowledged write`;
  return finding('kills-lose', lossy === 0 && detail, { killsWithLoss: lossy, kills: kills.length });
};

/** "loss-window": no fault lost what was acknowledged longer than that before it. */
export function lossWindowAtMost(boundMs: number): Rule {
  return (history) => {
    const { rounds } = durabilityOf(history);
    if (rounds.length === 0) return tooLittle('no fault landed');
    const widest = rounds.reduce((most, { lossWindowMs }) => Math.max(most, lossWindowMs), 0);
    const detail = `a fault lost the last ${Math.round(widest)} ms of writes, at most ${boundMs} ms`;
    const evidence = { lossWindowMsMax: roundMs(widest), lossWindowMsBound: boundMs };
    return finding('loss-window', widest > boundMs && detail, evidence);
  };
}

/** "loses-more": each power cut lost writes that were acknowledged longer than that before it. */
export function cutsLoseMoreThan(boundMs: number): Rule {
  return (history) => {
    const cuts = of(durabilityOf(history).rounds, ['power cut']);
    if (cuts.length === 0) return tooLittle('no power cut landed');
    const least = cuts.reduce((a, b) => (b.lossWindowMs < a.lossWindowMs ? b : a));
    const detail = `a power cut lost only the last ${Math.round(least.lossWindowMs)} ms of writes, not more than ${boundMs} ms`;
    return finding('loses-more', !(least.lossWindowMs > boundMs) && detail, {
      cutLossWindowMsMin: roundMs(least.lossWindowMs),
    });
  };
}

/** "suffix-only": what was lost is the end of what was written, without holes. "no-strangers": nothing else is there. */
export const onlyASuffix: Rule = (history) => {
  const { rounds } = durabilityOf(history);
  if (rounds.length === 0) return tooLittle('no fault landed');
  const holed = rounds.find(({ holes }) => holes.length > 0);
  const strange = rounds.find(({ strangersCount, phantoms }) => strangersCount + phantoms.length > 0);
  const result: Finding = { violations: [], evidence: {} };
  if (holed) {
    const detail = `${holed.holes.length} writes were lost to a ${nameOf(holed)} although later ones survived, the first ${describeWrite(holed.holes[0]!)}`;
    result.violations.push({ rule: 'suffix-only', detail });
  }
  if (strange) {
    const first = strange.strangers[0] ?? `${describeWrite(strange.phantoms[0]!)}, which was refused`;
    const detail = `after a ${nameOf(strange)} ${strange.strangersCount + strange.phantoms.length} values are there that nobody wrote, the first ${first}`;
    result.violations.push({ rule: 'no-strangers', detail });
  }
  return result;
};

/**
 * "exactly-since-snapshot": of the writes before each fault, those that were acknowledged before the last finished
 * snapshot began are there, and those that were sent after it had begun are not.
 */
export const losesExactlySinceSnapshot: Rule = (history) => {
  const { rounds, snapshots, writes } = durabilityOf(history);
  let [since, wrong, first] = [0, 0, ''];
  for (const round of rounds) {
    const snapshot = snapshots.findLast(({ finishedAtMs }) => finishedAtMs < round.fault.atMs);
    if (snapshot === undefined) return tooLittle(`no snapshot was finished before fault ${round.index + 1}`);
    const lostBefore = round.lost.filter(
      ({ acknowledgedAtMs }) => (acknowledgedAtMs ?? 0) < snapshot.invokedAtMs,
    );
    const after = writes.filter(
      ({ invokedAtMs, goneIn }) =>
        invokedAtMs > snapshot.startedAtMs &&
        invokedAtMs < round.fault.atMs &&
        (goneIn === undefined || goneIn >= round.index),
    );
    const keptAfter = after.filter(({ goneIn }) => goneIn !== round.index);
    since += after.length;
    wrong += lostBefore.length + keptAfter.length;
    const [lost, kept] = [lostBefore[0], keptAfter[0]];
    if (first === '' && lost) first = `${describeWrite(lost)} was in the snapshot and is gone`;
    if (first === '' && kept) first = `${describeWrite(kept)} came after the snapshot and is there`;
  }
  const evidence = { snapshots: snapshots.length, writesSinceSnapshot: since };
  if (since < writesAtLeast) return tooLittle(`only ${since} writes came after a snapshot`, evidence);
  const detail = `${wrong} writes are not as the last finished snapshot has them: ${first}`;
  return finding('exactly-since-snapshot', wrong > 0 && detail, evidence);
};

/** "aof-wins": what was acknowledged after the snapshot is there after a SIGKILL, though the snapshot lacks it. */
export const aofWins: Rule = (history) => {
  const { rounds, snapshots } = durabilityOf(history);
  const sinceOf = (round: Round): readonly Write[] => {
    const snapshot = snapshots.findLast(({ finishedAtMs }) => finishedAtMs < round.fault.atMs);
    return round.acknowledged.filter(({ invokedAtMs }) => snapshot && invokedAtMs > snapshot.startedAtMs);
  };
  const kills = of(rounds, ['SIGKILL']);
  const disagreed = kills.filter((round) => sinceOf(round).length >= writesAtLeast);
  const writesSinceSnapshot = kills.reduce((sum, round) => sum + sinceOf(round).length, 0);
  const evidence = { disagreements: disagreed.length, writesSinceSnapshot };
  if (kills.length === 0 || disagreed.length < kills.length) {
    return tooLittle(
      `in ${kills.length - disagreed.length} of ${kills.length} kills snapshot and AOF hardly disagreed`,
      evidence,
    );
  }
  const lost = disagreed.flatMap((round) => sinceOf(round).filter(({ goneIn }) => goneIn === round.index));
  const detail = `${lost.length} of ${writesSinceSnapshot} writes that only the AOF has are gone: the snapshot was loaded`;
  return finding('aof-wins', lost.length > 0 && detail, evidence);
};

/** How Redis was started again after a fault, from the fault's proof. */
interface Start {
  changes: Record<string, string>;
  started: boolean;
  said?: string;
  repaired?: unknown;
}

function startsOf({ fault }: Round): Start[] {
  return (fault.proof.starts ?? []) as Start[];
}

/** "starts-by-itself": after each fault Redis starts on its files as they are, under its own settings. */
export const startsByItself: Rule = (history) => {
  const { rounds } = durabilityOf(history);
  if (rounds.length === 0) return tooLittle('no fault landed');
  const own = (round: Round) =>
    startsOf(round).find(
      ({ changes, repaired }) => Object.keys(changes).length === 0 && repaired === undefined,
    );
  const bad = rounds.filter((round) => own(round)?.started !== true);
  const [first] = bad;
  const detail =
    first &&
    `${bad.length} of ${rounds.length} times Redis refused to start on what was there: ${own(first)?.said ?? 'it was never tried'}`;
  return finding('starts-by-itself', detail ?? false);
};

/** "refuses-if-told": with this setting changed for the start, Redis refuses its files. */
export function refusesWith(setting: string): Rule {
  return (history) => {
    const { rounds } = durabilityOf(history);
    const tried = rounds.flatMap(startsOf).filter(({ changes }) => setting in changes);
    if (tried.length === 0) return tooLittle(`it was never started with another ${setting}`);
    const started = tried.filter((start) => start.started).length;
    const detail = `${started} of ${tried.length} times Redis started all the same with another ${setting}`;
    return finding('refuses-if-told', started > 0 && detail, { refusals: tried.length - started });
  };
}

/** "only-the-torn-record": of all that was there before the tear, just the record that was torn is gone. */
export const losesOnlyTheTornRecord: Rule = (history) => {
  const torn = durabilityOf(history).rounds.filter(({ fault }) => fault.proof.torn !== undefined);
  if (torn.length === 0) return tooLittle('no record was torn');
  const bad = torn.find(({ lost, fault }) => {
    const { record } = fault.proof.torn as { record: string[] };
    return lost.some((write) => !isRecordOf(record, write));
  });
  const detail =
    bad && `${bad.lost.length} writes were lost to one torn record, the first ${describeWrite(bad.lost[0]!)}`;
  return finding('only-the-torn-record', detail ?? false, { tornRecords: torn.length });
};

/** "repair-keeps-prefix": after the repair exactly the records before the damaged one are there. */
export const repairKeepsPrefix: Rule = (history) => {
  const repaired = durabilityOf(history).rounds.filter(({ fault }) => fault.proof.corrupted !== undefined);
  if (repaired.length === 0) return tooLittle('no record was damaged');
  const bad = repaired.find(({ holes, lost, fault }) => {
    const { record } = fault.proof.corrupted as { record: string[] };
    const cut = lost.find((write) => isRecordOf(record, write));
    // The damaged record is the first that goes: whatever was acknowledged before it was sent is there.
    return holes.length > 0 || lost.some((write) => cut && (write.acknowledgedAtMs ?? 0) < cut.invokedAtMs);
  });
  const detail =
    bad && `the repair after fault ${bad.index + 1} kept something else than what came before the damage`;
  return finding('repair-keeps-prefix', detail ?? false, { repairs: repaired.length });
};

/** Whether this is the command of that write: `SET …key:0:17 …`, `RPUSH …list:1 17…`. */
function isRecordOf([, key = '', value = '']: readonly string[], { writer, n }: Write): boolean {
  if (Number.parseInt(value, 10) !== n) return false;
  return key.endsWith(`key:${writer}:${n}`) || key.endsWith(`list:${writer}`);
}
