// What an error of a queue call says about the command: `refused` (it certainly had no effect) or `unknown` (it may
// have had, or may have later). One table; an error that is not in it is `unknown`.

export type CommandOutcome = 'refused' | 'unknown';

export interface RedisOutcome {
  /** The start of the error's message. */
  starts: string;
  outcome: CommandOutcome;
  /** Whether trying again a few milliseconds later can help. */
  passes: boolean;
  why: string;
}

export const redisOutcomes: readonly RedisOutcome[] = [
  refused(
    "Stream isn't writeable",
    true,
    'ioredis: not connected, or Redis is not ready; the command was not sent',
  ),
  refused('connect E', true, 'no connection was made'),
  refused('getaddrinfo ', true, 'no address for the host'),
  refused('LOADING ', true, 'Redis reads its data and runs nothing'),
  refused('BUSY ', true, 'a script blocks Redis; the command did not start'),
  refused('MASTERDOWN ', true, 'a replica without its master runs nothing'),
  refused('TRYAGAIN ', true, 'a cluster moves the keys'),
  refused('CLUSTERDOWN ', true, 'the cluster is down'),
  refused('READONLY ', true, 'a replica takes no writes; a failover may be under way'),
  refused('OOM ', false, 'the memory is full: no write is taken'),
  refused('MISCONF ', false, 'Redis cannot persist: no write is taken'),
  refused('NOREPLICAS ', false, 'too few replicas: no write is taken'),
  refused('NOAUTH ', false, 'Redis wants a password'),
  refused('WRONGPASS ', false, 'Redis knows no such password'),
  refused('NOPERM ', false, 'this user may not do it'),
  refused('ERR max number of clients', false, 'Redis takes no more connections'),
  unknown('Command timed out', 'sent, no answer in time; Redis may still run it'),
  unknown('Reached the max retries', 'ioredis: the connection closed after the command was sent'),
  unknown('Connection is closed', 'ioredis: says it before sending and after, and does not say which'),
  unknown('Socket timeout', 'ioredis: nothing came back for so long that the connection was given up'),
  unknown('read E', 'the connection broke after the command was sent'),
  unknown('write E', 'the connection broke while the command was sent'),
  unknown('no answer from Redis within', 'our own deadline'),
];

/** The row for an error, looking at its causes too, in case an adapter wrapped it. */
export function redisOutcome(error: unknown): RedisOutcome {
  for (let depth = 0, at = error; depth < 5 && at instanceof Error; depth++, at = at.cause) {
    const { message } = at;
    const row = redisOutcomes.find(({ starts }) => message.startsWith(starts));
    if (row) return row;
  }
  return unknown('', 'an error that is not in the table');
}

function refused(starts: string, passes: boolean, why: string): RedisOutcome {
  return { starts, outcome: 'refused', passes, why };
}

function unknown(starts: string, why: string): RedisOutcome {
  return { starts, outcome: 'unknown', passes: true, why };
}
