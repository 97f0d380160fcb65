import { expect, test } from 'vitest';
import type { Fault } from '../op.ts';
import { countFaults, figures } from './figures.ts';

const kill: Fault = { kind: 'worker-kill', target: 'w', atMs: 1, healedAtMs: null, landed: true, proof: {} };

test.each([
  [
    { lost: 0, acknowledged: 1178, doneOnce: 1178, pending: 0, kills: 2 },
    ['0 lost of 1,178 jobs over 2 kills'],
  ],
  [
    { lost: 21, acknowledged: 178, doneOnce: 157, lostAtMost: 22 },
    ['21 lost of 178 jobs over 2 kills, at most 22', '157 done once'],
  ],
  [
    { recoveryMsP50: 3314.5, recoveryMsP99: 1243, recoveryMsBound: 1500 },
    ['recovery p50 3,315 ms', 'recovery p99 1,243 ms of at most 1,500'],
  ],
  [{ recoveryMsP99: 9, recoveryMsP99AtMost: 10 }, ['recovery p99 9 ms of at most 10']],
  [{ failed: 3, requests: 248 }, ['3 failed of 248 requests']],
  [
    { intended: 158, sentAgain: 7, duplicated: 0 },
    ['7 sent again of 158 intended submissions', '0 duplicated'],
  ],
  [{ deepest: 40, cap: 40 }, ['deepest queue 40 of at most 40']],
  [{ efficiency: 0.9712, efficiencyAtLeast: 0.9 }, ['efficiency 0.97 of at least 0.9']],
  [{ efficiency: 0.8991, efficiencyAtLeast: 0.9 }, ['efficiency 0.899 of at least 0.9']],
  [{ sigma: 0.00312, kappa: 0.0000456, none: 0 }, ['0.0031 sigma', '0.000046 kappa', '0 none']],
  [{ ratio: 1.0376 }, ['ratio 1.04 ×']],
  [{ messages: 205, commandsPerJob: 30.62 }, ['205 messages', '30.6 commands per job']],
  // Names that it has never seen.
  [
    { startMsBound: 5, writtenBytesMax: 12345, ok: true, mode: 'x', list: [1], nested: { a: 1 } },
    ['start bound 5 ms', 'written max 12,345 bytes', 'ok: yes', 'mode x'],
  ],
  [{}, []],
])('%j', (evidence, phrases) => {
  expect(figures(evidence, [kill, kill, { ...kill, landed: false }])).toEqual(phrases);
});

test('a figure over its bound never looks equal to it', () => {
  expect(figures({ waitMsMax: 1500.2, waitMsBound: 1500 })).toEqual(['wait max 1,500.2 ms of at most 1,500']);
});

test('with --repeat, the loss over all runs comes first, with its bound', () => {
  const overAllRepeats = { lost: 0, acknowledged: 1200, faults: 60, lossRateAtMost95: 0.0025 };
  expect(figures({ lost: 0, acknowledged: 100, overAllRepeats })).toEqual([
    'all runs: 0 lost of 1,200 jobs over 60 faults, so at most 0.25 % of jobs (95 % confidence)',
    '0 lost of 100 jobs',
  ]);
});

test('with --repeat, so does the recovery over all runs', () => {
  const overAllRepeats = {
    lost: 0,
    acknowledged: 1200,
    faults: 60,
    recovered: 95,
    recoveryMsP50: 992,
    recoveryMsP99: 1079,
  };
  const phrases = figures({
    recovered: 20,
    recoveryMsP99: 1060,
    recoveryMsBound: 1500,
    recoveriesMs: [990],
    overAllRepeats,
  });
  expect(phrases).toEqual([
    'all runs: 0 lost of 1,200 jobs over 60 faults',
    'all runs: 95 recovered, p50 992 ms, p99 1,079 ms',
    '20 recovered',
    'recovery p99 1,060 ms of at most 1,500',
  ]);
});

test('faults are counted by what they are', () => {
  const other = { ...kill, kind: 'disk-melt' };
  expect(countFaults([])).toBe('');
  expect(countFaults([kill])).toBe('1 kill');
  expect(countFaults([other, other])).toBe('2 disk melts');
  expect(countFaults([kill, other])).toBe('2 faults');
});
