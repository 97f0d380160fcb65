// Rules about who got which message. Pure.

import type { History } from '../history.ts';
import { faultsOf } from '../op.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { exchangesOf } from './request-rules.ts';

interface Message {
  n: number;
  invokedAtMs: number;
  ackedAtMs: number;
}

function published(history: History): Message[] {
  return exchangesOf(history, 'publish')
    .filter(({ kind }) => kind === 'ok')
    .map(({ value, invokedAtMs, durationMs }) => ({
      n: (value as { n: number }).n,
      invokedAtMs,
      ackedAtMs: invokedAtMs + durationMs,
    }));
}

/** What each receiver got, in its order. */
function receivedBy({ events }: History): Map<number, number[]> {
  const received = new Map<number, number[]>();
  for (const event of events) {
    if (event.type !== 'observation') continue;
    if (event.f === 'listens' && !received.has(event.process)) received.set(event.process, []);
    if (event.f === 'receive') received.get(event.process)?.push((event.value as { n: number }).n);
  }
  return received;
}

/** "everyone-gets-all": each receiver got every message, once. "in-order": in the order of publication. */
export const everyoneGetsAllInOrder: Rule = (history) => {
  const sent = published(history).map(({ n }) => n);
  const received = receivedBy(history);
  const lacking = [...received.values()].filter(
    (got) => got.length !== sent.length || new Set(got).size !== sent.length,
  );
  const disordered = [...received.values()].filter((got) =>
    got.some((n, index) => index > 0 && n <= got[index - 1]!),
  );
  const deliveries = [...received.values()].reduce((sum, { length }) => sum + length, 0);
  const evidence = { messages: sent.length, receivers: received.size, deliveries };
  if (sent.length === 0 || received.size === 0)
    return tooLittle('nothing was published or nobody listened', evidence);
  const violations = [];
  if (lacking.length > 0) {
    const detail = `${lacking.length} of ${received.size} receivers did not get each of the ${sent.length} messages once; each message reached ${(deliveries / sent.length).toFixed(1)} on average`;
    violations.push({ rule: 'everyone-gets-all', detail });
  }
  if (disordered.length > 0) {
    violations.push({ rule: 'in-order', detail: `${disordered.length} receivers got messages out of order` });
  }
  return { violations, evidence };
};

/**
 * "missed-exactly": a receiver that was away missed every message whose publication began after its connection was cut
 * and was answered before it asked to listen again, and no message of the time when it listened for certain. What
 * overlaps the two edges is indeterminate. "nothing-kept": Redis holds nothing of the messages in the end.
 */
export function missedExactlyWhileAway(name: (receiver: number) => string): Rule {
  return (history) => {
    const sent = published(history);
    const cuts = faultsOf(history.events).filter(({ kind, landed }) => kind === 'client-kill' && landed);
    let missed = 0;
    let gotWhileAway = 0;
    let lostWhileThere = 0;
    let indeterminate = 0;
    for (const [receiver, got] of receivedBy(history)) {
      const have = new Set(got);
      const there = presence(
        history,
        receiver,
        cuts.filter(({ target }) => target === name(receiver)),
      );
      for (const message of sent) {
        const state = there(message);
        if (state === 'unclear') indeterminate++;
        else if (state === 'there' && !have.has(message.n)) lostWhileThere++;
        else if (state === 'away' && have.has(message.n)) gotWhileAway++;
        else if (state === 'away') missed++;
      }
    }
    const kept = exchangesOf(history, 'kept').at(-1)?.value as { keys: number } | undefined;
    const evidence = {
      messages: sent.length,
      cuts: cuts.length,
      missed,
      gotWhileAway,
      lostWhileThere,
      indeterminate,
    };
    const violations = [
      ...finding(
        'missed-exactly',
        gotWhileAway > 0 &&
          `${gotWhileAway} messages arrived that were published while their receiver was away`,
      ).violations,
      ...finding(
        'missed-exactly',
        lostWhileThere > 0 && `${lostWhileThere} messages did not arrive although their receiver listened`,
      ).violations,
      ...finding(
        'nothing-kept',
        kept?.keys !== 0 && `Redis keeps ${kept?.keys ?? 'an unknown number of'} keys`,
      ).violations,
    ];
    if (violations.length === 0 && missed === 0)
      return tooLittle('nothing was published while a receiver was away', evidence);
    return { violations, evidence };
  };
}

/** Whether a receiver listened during the whole of a publication, during none of it, or neither for certain. */
function presence(
  { events }: History,
  receiver: number,
  cuts: { atMs: number; proof: Record<string, unknown> }[],
): (message: Message) => 'there' | 'away' | 'unclear' {
  const times = (f: string) =>
    events
      .filter((event) => event.type === 'observation' && event.process === receiver && event.f === f)
      .map(({ atMs }) => atMs);
  const listening = times('listening');
  const listens = times('listens');
  const spans = cuts.map(({ atMs, proof }) => {
    const doneAtMs = Number(proof.doneAtMs);
    const back = listening.find((at) => at > atMs) ?? Number.POSITIVE_INFINITY;
    const sure = listens.find((at) => at >= back) ?? Number.POSITIVE_INFINITY;
    return { fromMs: atMs, awayFromMs: doneAtMs, awayToMs: back, toMs: sure };
  });
  const firstMs = listens[0] ?? Number.POSITIVE_INFINITY;
  return ({ invokedAtMs, ackedAtMs }) => {
    if (spans.some(({ awayFromMs, awayToMs }) => invokedAtMs > awayFromMs && ackedAtMs < awayToMs))
      return 'away';
    const clear = spans.every(({ fromMs, toMs }) => ackedAtMs < fromMs || invokedAtMs > toMs);
    return clear && invokedAtMs > firstMs ? 'there' : 'unclear';
  };
}
