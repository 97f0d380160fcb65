import { describe, expect, test } from 'vitest';
import { startsPromptly } from './latency-rules.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

const rule = startsPromptly({ mostMsP99: 10, slowMsP50: 30 });

/** Jobs whose code starts so long after they were sent to Redis. */
function started(waitsMs: number[], more: (h: WrittenHistory) => void = () => {}) {
  const h = written();
  h.ledger('steady', 'enqueue', 1, 'api-1');
  h.ledger('steady', 'started', 900);
  h.ledger('steady', 'acked', 901);
  h.phase('load', 'begin', 1000);
  for (const [index, waitMs] of waitsMs.entries()) {
    const sentAtMs = 1000 + 1000 * index;
    h.ledger(`job-${index}`, 'enqueue', sentAtMs, 'api-1');
    h.ledger(`job-${index}`, 'claimed', sentAtMs + waitMs);
    h.ledger(`job-${index}`, 'started', sentAtMs + waitMs);
    h.ledger(`job-${index}`, 'acked', sentAtMs + waitMs + 1);
  }
  more(h);
  return h.history();
}
const hundred = (ms: number) => Array.from({ length: 100 }, () => ms);

describe('start-is-prompt and start-is-slow', () => {
  test('valid: one in a hundred may be late; the steady state does not count', () => {
    expect(rule(started([...hundred(10).slice(1), 500]))).toEqual({
      violations: [],
      evidence: { starts: 100, startMsP50: 10, startMsP99: 10 },
    });
  });

  test('violated', () => {
    expect(rule(started([...hundred(2).slice(2), 10.04, 10.04]))).toEqual({
      violations: [{ rule: 'start-is-prompt', detail: 'p99 is 10.04 ms, at most 10 ms' }],
      evidence: { starts: 100, startMsP50: 2, startMsP99: 10 },
    });
    expect(rule(started(hundred(30)))).toEqual({
      violations: [
        { rule: 'start-is-prompt', detail: 'p99 is 30 ms, at most 10 ms' },
        { rule: 'start-is-slow', detail: 'half of the jobs waited 30 ms or more' },
      ],
      evidence: { starts: 100, startMsP50: 30, startMsP99: 30 },
    });
  });

  test('from the first time it was sent to the first time it ran, redelivered or not', () => {
    const again = started(hundred(20), (h) => {
      h.ledger('job-0', 'enqueue', 1019, 'api-1');
      h.ledger('job-1', 'claimed', 2030, 'w2');
      h.ledger('job-1', 'started', 2500, 'w2');
      h.ledger('job-1', 'acked', 2501, 'w2');
    });
    expect(rule(again).evidence).toEqual({ starts: 100, startMsP50: 20, startMsP99: 20 });
  });

  test('a job that is sent while another is in hand, or on its way, met no idle worker', () => {
    const crowded = started(hundred(20), (h) => {
      h.ledger('holder', 'enqueue', 1100, 'api-1');
      h.ledger('behind', 'enqueue', 1101, 'api-1');
      h.ledger('holder', 'claimed', 1110);
      h.ledger('holder', 'started', 1120);
      h.ledger('crowded', 'enqueue', 1200, 'api-1');
      h.ledger('holder', 'acked', 1300);
      for (const job of ['behind', 'crowded']) {
        h.ledger(job, 'claimed', 1400);
        h.ledger(job, 'started', 1400);
        h.ledger(job, 'acked', 1401);
      }
    });
    const waits = [...hundred(20), 20];
    expect(rule(crowded).evidence).toEqual({ starts: waits.length, startMsP50: 20, startMsP99: 20 });
  });

  test('what Redis is asked for nothing, if that was counted', () => {
    const counted = (value: unknown) =>
      rule(started(hundred(1), (h) => h.observe(-1, 'idle-commands', 2000, value))).evidence;
    expect(counted({ commands: 45, durationMs: 2000 })).toMatchObject({ idleCommandsPerSecond: 22.5 });
    expect(counted({ commands: Number.NaN, durationMs: 2000 })).not.toHaveProperty('idleCommandsPerSecond');
  });

  test('twenty are enough for a median that is slow, not for one that is prompt', () => {
    const [twenty, nineteen] = [hundred(30).slice(80), hundred(30).slice(81)];
    expect(rule(started(twenty)).violations.map((violation) => violation.rule)).toEqual([
      'start-is-prompt',
      'start-is-slow',
    ]);
    expect(rule(started(nineteen))).toMatchObject({ insufficient: 'only 19 starts' });
    expect(rule(started(hundred(29).slice(80)))).toMatchObject({ insufficient: 'only 20 starts' });
  });

  test('too little: empty, 99 starts, or no load', () => {
    expect(rule(empty)).toEqual({ violations: [], evidence: { starts: 0 }, insufficient: 'only 0 starts' });
    expect(rule(started(hundred(1).slice(1)))).toMatchObject({ insufficient: 'only 99 starts' });
    const { ledger } = started(hundred(1));
    expect(rule({ events: [], ledger })).toMatchObject({ insufficient: 'only 0 starts' });
  });
});
