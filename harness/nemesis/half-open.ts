// Silences the connections of a worker that runs a job while it waits for the next one in a blocking pop: the sockets stay
// open, nothing passes, and Redis goes on serving the pop. Connections that the worker opens later work.
// Proof: what the silent connections swallowed: the worker's commands, and the jobs that it was given and never heard of.

import type { Nemesis, NemesisArena } from '../claim.ts';
import type { Random } from '../random.ts';
import { wordsOf } from '../system/framing.ts';
import type { Instance } from '../system/judge.ts';
import type { ProxyConnection, TcpProxy } from '../system/proxy.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { idsIn, type Submitted, submittedIn } from './named.ts';
import { drawStrikes, type Strikes } from './schedule.ts';
import { type Caught, catchWorker } from './victim.ts';

export interface HalfOpenOptions extends Strikes {
  /** How long a victim is given to come back to work by itself. */
  patienceMs: number;
}

/** A blocking pop waits for a second at most; then nothing more can be served into the silence. */
const servedWithinMs = 1200;

export function halfOpen(random: Random, { patienceMs, ...strikes }: HalfOpenOptions): Nemesis {
  const plan = drawStrikes(random, 'half-open', strikes);
  const silenced: ProxyConnection[] = [];
  return {
    plan: { strikes: plan, patienceMs },
    landedAtLeast: strikes.times,
    inject: async (arena) => {
      const began = arena.history.now();
      const submitted = submittedIn(arena.history.events);
      for (const { atMs, victim } of plan) {
        await sleepUntil(began + atMs, arena.history.now, arena.signal);
        await silenceOne(arena, await catchWaiting(arena, victim), submitted, { patienceMs, silenced });
      }
    },
    // Only now: until then nobody helps the worker.
    heal: async () => {
      for (const connection of silenced) connection.cut();
    },
  };
}

/** One that waits in a blocking pop too, so that it is served into the silence; any, if none does. */
async function catchWaiting(arena: NemesisArena, draw: number): Promise<Caught> {
  const waits = (worker: Instance) =>
    proxyOf(worker)
      .connections()
      .some((connection) => connection.awaiting().some(blocks));
  return catchWorker(arena, draw, 2000, waits).catch(() => {
    arena.signal.throwIfAborted();
    return catchWorker(arena, draw);
  });
}

async function silenceOne(
  arena: NemesisArena,
  { worker }: Caught,
  submitted: Submitted,
  { patienceMs, silenced }: { patienceMs: number; silenced: ProxyConnection[] },
): Promise<void> {
  const { history, system } = arena;
  const connections = proxyOf(worker)
    .connections()
    .filter((connection) => !silenced.includes(connection));
  const silences = connections.map((connection) => connection.silence());
  silenced.push(...connections);
  const atMs = history.now();
  system.ledger.read();
  const held = system.ledger.inHand(worker.name).map(({ job, attempt, fence }) => ({ job, attempt, fence }));
  const unheard = () => [
    ...new Set(silences.flatMap(({ replies }) => replies.flatMap(idsIn)).filter(submitted.has)),
  ];
  const commands = () => silences.reduce((sum, { requests }) => sum + requests.length, 0);
  const swallows = () => commands() > 0 && unheard().length > 0;
  await until(arena, servedWithinMs, 'both sides to speak into the silence', swallows);

  const inFlight = [...held, ...unheard().map((job) => ({ job }))];
  const proof = { connections: connections.length, commands: commands(), unheard: unheard(), inFlight };
  const landed = commands() > 0 && held.length > 0;
  const fault = history.inject({ kind: 'half-open', target: worker.name, atMs, proof, landed });
  const reconnectedAfterMs = await comeBack(arena, worker, atMs, patienceMs);
  const abandoned = silences.filter(({ abandonedAtMs }) => abandonedAtMs !== undefined).length;
  fault.heal({ reconnectedAfterMs, abandoned });
}

/** Waits until the worker claimed a job over a new connection. @returns after how long it opened one, null: never */
async function comeBack(
  arena: NemesisArena,
  worker: Instance,
  sinceMs: number,
  patienceMs: number,
): Promise<number | null> {
  const { history, system } = arena;
  const leftMs = () => sinceMs + patienceMs - history.now();
  const sinceThen = (atMs: number) => atMs - system.originMs - sinceMs;
  const openedAtMs = await until(arena, leftMs(), `${worker.name} to connect again`, () =>
    proxyOf(worker)
      .connections()
      .map((connection) => connection.openedAtMs)
      .find((atMs) => sinceThen(atMs) > 0),
  );
  if (openedAtMs === undefined) return null;
  const claimsAgain = () =>
    system.ledger
      .read()
      .some(({ source, event, atMs }) => source === worker.name && event === 'claimed' && atMs > openedAtMs);
  await until(arena, leftMs(), `${worker.name} to claim again`, claimsAgain);
  return Math.floor(sinceThen(openedAtMs));
}

/** `undefined` if it did not come to it in time. */
function until<T>(
  { signal }: NemesisArena,
  deadlineMs: number,
  what: string,
  probe: () => T | undefined | false,
): Promise<T | undefined> {
  return waitUntil(probe, { what, deadlineMs, signal }).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
}

const blockingCommand = /^(blpop|brpop|blmove|brpoplpush|blmpop|bzpopmin|bzpopmax|bzmpop)$/i;

function blocks(request: Buffer): boolean {
  const [name = '', ...words] = wordsOf(request);
  return blockingCommand.test(name) || (/^xread/i.test(name) && words.some((word) => /^block$/i.test(word)));
}

/** @throws {Error} if the link goes straight: the experiment's system is not made for this nemesis */
function proxyOf({ name, redisProxy }: Instance): TcpProxy {
  if (redisProxy === undefined) throw new Error(`${name} reaches Redis without a proxy`);
  return redisProxy;
}
