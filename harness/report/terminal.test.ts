// What a run looks like on a pipe and on a terminal of 80 columns.

import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Claim } from '../claim.ts';
import type { FaultEvent } from '../op.ts';
import { type ClaimResult, type Results, summaryOf } from './result.ts';
import { terminal } from './terminal.ts';

const long = `a long sentence that no terminal of eighty columns can hold, with a job named ${'x'.repeat(90)}, and`;
const kill = { type: 'fault', step: 'inject', fault: 1, kind: 'worker-kill', target: 'worker-3', atMs: 5101 };
const result: ClaimResult = {
  id: 'fault/worker-kill-reliable-list',
  section: 'Fault Tolerance',
  statement: long,
  verdict: 'refuted',
  why: `some-rule: ${long} \u001b[2J\u0007\nmore`,
  evidence: {
    lost: 0,
    acknowledged: 178,
    recoveryMsP99: 7674.2,
    recoveryMsBound: 1500,
    starts: 200,
    cuts: 8,
    messages: 505,
  },
  faults: [],
  traces: {
    dir: 'claims/fault/worker-kill-reliable-list',
    spans: 9,
    spansLeftOut: 0,
    spanRequestsRefused: 0,
    jobs: { lost: 2, duplicated: 0, redelivered: 0 },
    listed: [
      { job: 'untraced', why: 'lost', traceId: null },
      { job: 'abcdefghijklmnopqrstuvwxyz', why: 'lost', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
    ],
  },
  control: {
    statement: long,
    failedAsExpected: true,
    why: `nothing-lost: ${long}`,
    evidence: {},
    faults: [],
  },
  durationMs: 30_010,
};
const redis = { version: '7.0.15', provider: 'binary' as const };
const startedAt = '2026-11-23T09:00:00.000Z';
const run = {
  id: 'r',
  startedAt,
  durationMs: 65_000,
  seed: 7,
  commit: null,
  node: 'v24.21.0',
  platform: 'linux',
  cpus: 2,
  redis,
  system: 'processes' as const,
};

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function play(stream: { isTTY: boolean; columns?: number }): string {
  let written = '';
  const sink = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      written += text;
      done();
    },
  });
  const fake = Object.assign(sink, stream) as unknown as NodeJS.WriteStream;
  const reporter = terminal({ stream: fake, now: () => 0 });
  const claim = { id: result.id, section: result.section, statement: long } as Claim;
  const results: Results = { schema: 1, run, claims: [result], summary: summaryOf([result]) };
  reporter.runStarted!(run, [claim], 'PATH (/usr/bin/redis-server)');
  reporter.claimStarted!(claim);
  reporter.phase!(claim, 'claim', 'load');
  reporter.fault!(claim, 'claim', { ...kill, proof: {}, landed: true } as FaultEvent);
  reporter.claimFinished!(result);
  reporter.runFinished!(results, 'runs/r');
  return written;
}

test('a pipe gets whole lines, without escape codes', () => {
  const text = play({ isTTY: false });
  expect(stripVTControlCharacters(text)).toBe(text);
  expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  for (const line of [
    'redproof: 1 claim and the control that must fail',
    '  seed 7 · Redis 7.0.15 from PATH (/usr/bin/redis-server) · Node v24.21.0 · 2 cores',
    '      claim     5.1 s  worker-kill worker-3',
    '✘ refuted   fault/worker-kill-reliable-list  30.0 s',
    '            0 lost of 178 jobs · recovery p99 7,674 ms of at most 1,500 · 200 starts · 8 cuts · 505 messages',
    `   control  ${long}`,
    '1 claim: 0 held · 1 refuted · 0 unknown   in 1:05 min, seed 7',
    '  refuted  again: npm run chaos -- --claim fault/worker-kill-reliable-list --seed 7',
    '           a lost job: npm run trace -- abcdefghijklmnopqrstuvwxyz --run runs/r',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('a terminal gets no line that it must break, and what hangs over is indented', () => {
  const text = stripVTControlCharacters(play({ isTTY: true, columns: 80 }));
  const lines = text.split('\n');
  for (const line of lines.filter((line) => !line.includes(': npm run ')))
    expect(line.length).toBeLessThanOrEqual(80);
  const at = lines.findIndex((line) => line.startsWith('   control'));
  expect(lines[at + 1]).toMatch(/^ {12}\S/);
  expect(text).not.toContain('\u0007');
});
