// Rules about who got which message. Pure. A message whose publication was not answered may have been published or not:
// nobody must get it, and whoever got it is not wrong.

import type { History } from '../history.ts';
import { type Fault, faultsOf } from '../op.ts';
import { type Rule, tooLittle, type Violation } from './finding.ts';
import { type Exchange, exchangesOf, unansweredOf } from './request-rules.ts';

interface Message {
  n: number;
  invokedAtMs: number;
  ackedAtMs: number;
}

/** What one receiver was told, in its order. */
interface Receiver {
  got: number[];
  /** When it asked to listen, and when it listened. */
  listeningAtMs: number[];
  listensAtMs: number[];
}

function published(history: History): Message[] {
  return exchangesOf(history, 'publish')
    .filter(({ kind }) => kind === 'ok')
    .map(({ sent, invokedAtMs, durationMs }) => ({
      n: numberOf(sent),
      invokedAtMs,
      ackedAtMs: invokedAtMs + durationMs,
    }));
}

/** The numbers of messages that may have been published. */
function perhapsPublished(history: History): Set<number> {
  const unclear = exchangesOf(history, 'publish').filter(({ kind }: Exchange) => kind === 'info');
  const invocations = [
    ...unclear.map(({ sent }) => sent),
    ...unansweredOf(history, 'publish').map((op) => op.value),
  ];
  return new Set(invocations.map(numberOf));
}

function numberOf(value: unknown): number {
  return (value as { n: number }).n;
}

function receiversOf({ events }: History): Map<number, Receiver> {
  const receivers = new Map<number, Receiver>();
  for (const event of events) {
    if (event.type !== 'observation') continue;
    const { f, process, atMs, value } = event;
    if (f !== 'listening' && f !== 'listens' && f !== 'receive') continue;
    let receiver = receivers.get(process);
    if (receiver === undefined) {
      receiver = { got: [], listeningAtMs: [], listensAtMs: [] };
      receivers.set(process, receiver);
    }
    if (f === 'receive') receiver.got.push(numberOf(value));
    else (f === 'listens' ? receiver.listensAtMs : receiver.listeningAtMs).push(atMs);
  }
  return receivers;
}

/** "everyone-gets-all": each receiver got every message once, and no other. "in-order": in the order of publication. */
export const everyoneGetsAllInOrder: Rule = (history) => {
  const sent = published(history).map(({ n }) => n);
  const known = new Set([...sent, ...perhapsPublished(history)]);
  const all = [...receiversOf(history).values()].map(({ got }) => got);
  const complete = (got: readonly number[]) => {
    const have = new Set(got);
    return have.size === got.length && sent.every((n) => have.has(n)) && got.every((n) => known.has(n));
  };
  const lacking = all.filter((got) => !complete(got));
  const disordered = all.filter((got) => got.some((n, index) => index > 0 && n < got[index - 1]!));
  const deliveries = all.reduce((sum, { length }) => sum + length, 0);
  const evidence = { messages: sent.length, receivers: all.length, deliveries };
  if (sent.length === 0 || all.length === 0)
    return tooLittle('nothing was published or nobody listened', evidence);
  const violations: Violation[] = [];
  if (lacking.length > 0) {
    const detail = `${lacking.length} of ${all.length} receivers did not get each of the ${sent.length} messages once; each message reached ${(deliveries / sent.length).toFixed(1)} on average`;
    violations.push({ rule: 'everyone-gets-all', detail });
  }
  if (disordered.length > 0) {
    violations.push({ rule: 'in-order', detail: `${disordered.length} receivers got messages out of order` });
  }
  return { violations, evidence };
};

/**
 * "missed-exactly": a receiver that was away missed every message whose publication began after its connection was cut
 * and was answered before it asked to listen again. "got-while-there": it got every message of the time when it listened
 * for certain. What overlaps the two edges is indeterminate. "at-most-once": it got no message twice.
 * "nothing-kept": Redis holds nothing of the messages in the end.
 */
export function missedExactlyWhileAway(name: (receiver: number) => string): Rule {
  return (history) => {
    const sent = published(history);
    const cuts = faultsOf(history.events).filter(({ kind, landed }) => kind === 'client-kill' && landed);
    const cutsOf = Map.groupBy(cuts, ({ target }) => target);
    const count = { missed: 0, gotWhileAway: 0, lostWhileThere: 0, indeterminate: 0 };
    let twice = 0;
    for (const [index, receiver] of receiversOf(history)) {
      const have = new Set(receiver.got);
      twice += receiver.got.length - have.size;
      const there = presence(receiver, cutsOf.get(name(index)) ?? []);
      for (const message of sent) {
        const state = there(message);
        if (state === 'unclear') count.indeterminate++;
        else if (state === 'there') count.lostWhileThere += have.has(message.n) ? 0 : 1;
        else if (have.has(message.n)) count.gotWhileAway++;
        else count.missed++;
      }
    }
    const evidence = { messages: sent.length, cuts: cuts.length, ...count };
    const keys = keysKept(history);
    const violations: Violation[] = [];
    const broken = (rule: string, detail: string) => violations.push({ rule, detail });
    const { gotWhileAway, lostWhileThere, missed } = count;
    if (gotWhileAway > 0)
      broken(
        'missed-exactly',
        `${gotWhileAway} messages arrived that were published while their receiver was away`,
      );
    if (lostWhileThere > 0)
      broken('got-while-there', `${lostWhileThere} messages did not arrive although their receiver listened`);
    if (twice > 0) broken('at-most-once', `${twice} messages arrived a second time`);
    if (keys !== undefined && keys > 0) broken('nothing-kept', `Redis keeps ${keys} keys`);
    if (violations.length > 0) return { violations, evidence };
    if (missed === 0) return tooLittle('nothing was published while a receiver was away', evidence);
    if (keys === undefined) return tooLittle('what Redis keeps was not read', evidence);
    return { violations, evidence };
  };
}

/** undefined: nobody could say. */
function keysKept(history: History): number | undefined {
  const read = exchangesOf(history, 'kept').findLast(({ kind }) => kind === 'ok');
  const keys = (read?.value as { keys?: unknown } | undefined)?.keys;
  return typeof keys === 'number' && !Number.isNaN(keys) ? keys : undefined;
}

/** Whether a receiver listened during the whole of a publication, during none of it, or neither for certain. */
function presence(
  { listeningAtMs, listensAtMs }: Receiver,
  cuts: readonly Fault[],
): (message: Message) => 'there' | 'away' | 'unclear' {
  const spans = cuts.map(({ atMs, proof }) => {
    const doneAtMs = Number(proof.doneAtMs);
    const back = listeningAtMs.find((at) => at > atMs) ?? Number.POSITIVE_INFINITY;
    const sure = listensAtMs.find((at) => at >= back) ?? Number.POSITIVE_INFINITY;
    return { fromMs: atMs, awayFromMs: doneAtMs, awayToMs: back, toMs: sure };
  });
  const firstMs = listensAtMs[0] ?? Number.POSITIVE_INFINITY;
  return ({ invokedAtMs, ackedAtMs }) => {
    if (spans.some(({ awayFromMs, awayToMs }) => invokedAtMs > awayFromMs && ackedAtMs < awayToMs))
      return 'away';
    const clear = spans.every(({ fromMs, toMs }) => ackedAtMs < fromMs || invokedAtMs > toMs);
    return clear && invokedAtMs > firstMs ? 'there' : 'unclear';
  };
}
