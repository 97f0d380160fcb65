// Cuts a connection after a request was carried out and before its reply is through: who sent it does not know whether it
// happened. The proxy of the link (proxy.ts) waits for the reply, which is the proof, and withholds it.
//
// Not covered: requests that were lost on their way there. To who sent them, the two look the same.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { wordsOf } from '../system/framing.ts';
import type { Instance, Service } from '../system/judge.ts';
import type { Exchange, LostReply, TcpProxy } from '../system/proxy.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { idsIn, type Submitted, submittedIn } from './named.ts';
import { drawStrikes, type Strike, type Strikes } from './schedule.ts';

/**
 * Which reply: to the enqueue of a submission whose client waits; to it and to all repeats, until that client was told;
 * the 202 to a client; the reply to a pop or claim of a job; the reply to the ack of one.
 */
const moments = ['enqueue', 'enqueue-and-repeats', 'accept', 'claim', 'ack'] as const;
type Moment = (typeof moments)[number];

const serviceOf: Record<Moment, Service> = {
  enqueue: 'api',
  'enqueue-and-repeats': 'api',
  accept: 'api',
  claim: 'worker',
  ack: 'worker',
};
/** Without a matching exchange for so long, the strike did not land. */
const patienceMs = 3000;

export function loseReplies(random: Random, strikes: Strikes): Nemesis {
  const plan = drawStrikes(random, 'lose-replies', strikes).map((strike, index) => ({
    ...strike,
    moment: moments[index % moments.length]!,
  }));
  return {
    plan,
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const began = arena.history.now();
      const submitted = submittedIn(arena.history.events);
      for (const strike of plan) {
        await sleepUntil(began + strike.atMs, arena.history.now, arena.signal);
        await loseOne(arena, strike, submitted);
      }
    },
  };
}

async function loseOne(
  arena: NemesisArena,
  { moment, victim }: Strike & { moment: Moment },
  submitted: Submitted,
): Promise<void> {
  const { history, system, signal } = arena;
  const instances = system.instances(serviceOf[moment]);
  const instance = instances[Math.floor(victim * instances.length)]!;
  const proxy = proxyOf(instance, moment);
  let job: string | undefined;
  const matches = (exchange: Exchange): boolean => {
    job = jobAt[moment](exchange, { arena, instance, submitted });
    return job !== undefined;
  };
  const late = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const lost = await proxy.loseReply(matches, late);
  signal.throwIfAborted();
  const target = instance.name;
  if (lost === undefined || job === undefined) {
    history.inject({
      kind: 'lost-reply',
      target,
      proof: { moment, patienceMs },
      landed: false,
      momentary: true,
    });
    return;
  }
  const proof = { moment, job, ...told(lost) };
  const atMs = lost.atMs - system.originMs;
  const fault = { kind: 'lost-reply', target, atMs, proof, landed: true };
  if (moment !== 'enqueue-and-repeats') {
    history.inject({ ...fault, momentary: true });
    return;
  }
  const lasting = history.inject(fault);
  const repeats = await loseUntilTold(arena, proxy, job, submitted);
  lasting.heal({ repeatsLost: repeats.length, toldAfterMs: Math.round(history.now() - atMs) });
}

/** Every further reply about this job, until its client has an answer. */
async function loseUntilTold(
  { signal }: NemesisArena,
  proxy: TcpProxy,
  job: string,
  submitted: Submitted,
): Promise<LostReply[]> {
  const told = new AbortController();
  const over = AbortSignal.any([told.signal, signal]);
  const lost: LostReply[] = [];
  const losing = (async () => {
    while (!over.aborted) {
      const next = await proxy.loseReply(({ request }) => idsIn(request).includes(job), over);
      if (next !== undefined) lost.push(next);
    }
  })();
  const what = `the client of ${job} to be told`;
  try {
    await waitUntil(() => !submitted.isAwaited(job), { what, deadlineMs: 10_000, signal });
  } finally {
    told.abort();
    await losing;
  }
  return lost;
}

interface Context {
  arena: NemesisArena;
  instance: Instance;
  submitted: Submitted;
}

/** The job that an exchange is about, if it is the moment's. */
const jobAt: Record<Moment, (exchange: Exchange, context: Context) => string | undefined> = {
  enqueue: awaitedJob,
  'enqueue-and-repeats': awaitedJob,
  accept: ({ request, reply }, { submitted }) => {
    const accepted = startsWith(request, 'POST /submissions ') && startsWith(reply, 'HTTP/1.1 202 ');
    return accepted ? idsIn(reply).find(submitted.has) : undefined;
  },
  claim: ({ reply }, { submitted }) => idsIn(reply).find(submitted.has),
  ack: ({ request, reply }, { arena: { system }, instance: { name } }) => {
    if (isError(reply)) return undefined;
    const done = new Map<string, string>();
    for (const { source, job, event } of system.ledger.read()) if (source === name) done.set(job, event);
    return idsIn(request).find((id) => done.get(id) === 'finished');
  },
};

function awaitedJob({ request, reply }: Exchange, { submitted }: Context): string | undefined {
  // An error, NOSCRIPT say, means that nothing was done.
  return isError(reply) ? undefined : idsIn(request).find(submitted.isAwaited);
}

function isError(reply: Buffer): boolean {
  return startsWith(reply, '-') || startsWith(reply, '!');
}

function startsWith(message: Buffer, text: string): boolean {
  return message.toString('latin1', 0, text.length) === text;
}

/** @throws {Error} if the link goes straight: the experiment's system is not made for this nemesis */
function proxyOf({ name, clientProxy, redisProxy }: Instance, moment: Moment): TcpProxy {
  const proxy = moment === 'accept' ? clientProxy : redisProxy;
  if (proxy === undefined) throw new Error(`${name}: no proxy on the link that "${moment}" is about`);
  return proxy;
}

/** What shows that the request was carried out: the reply that was withheld. */
function told({ connection, request, reply, alsoUnanswered }: LostReply): Record<string, unknown> {
  const name = wordsOf(request)[0] ?? request.toString('latin1', 0, request.indexOf('\r\n'));
  const text = reply.toString('latin1', 0, 60).replaceAll(/[^\x20-\x7e]+/g, ' ');
  return { connection, request: name, withheld: text.trim(), alsoUnanswered };
}
